/** `proofhouse compare`: what changed between two runs or baselines, with its evidence. A gate decides; this only tells. */
import { basename } from 'node:path';
import { Command } from 'commander';
import type { Change } from '../plugin/record.ts';
import type { Side } from '../run/side.ts';
import { colour, printable, table } from './terminal.ts';

const alpha = 0.05;
const mostFlips = 8;
const mostMetrics = 24;

type Word = 'got worse' | 'got better' | 'no evidence of change' | 'not comparable';

/** A change with the two-sided exact McNemar test, adjusted by Holm's method over all that are listed. */
type Told = Change & { pTwoSidedHolm?: number; verdict: Word };

interface Comparison {
  changes: Told[];
  /** Over everyone, on both sides. */
  metrics: { id: string; model: string; before: number | null; now: number | null }[];
  unmatched: string[];
}

async function comparisonOf(before: Side, now: Side): Promise<Comparison> {
  const [{ changesBetween, matchModels }, { holm, mcnemarExact }] = await Promise.all([
    import('../gate/changes.ts'),
    import('../statistics/index.ts'),
  ]);
  const { dataset, models } = now.standings;
  // Baselines keep no ids: there, examples are told by their place in the data.
  const examples =
    now.examples ??
    before.examples ??
    Array.from({ length: dataset.examples }, (_, index) => ({ id: `#${index + 1}`, label: 0, groups: {} }));
  const changes = changesBetween(before.standings, now.standings, examples);
  const compared = changes.filter(({ paired }) => paired !== undefined);
  const adjusted = holm(
    compared.map(({ paired }) => mcnemarExact(paired?.regressed.length ?? 0, paired?.improved.length ?? 0)),
  );
  const told = changes.map((change): Told => {
    if (change.paired === undefined) return { ...change, verdict: 'not comparable' };
    const p = adjusted[compared.indexOf(change)];
    const direction = change.paired.drop > 0 ? 'got worse' : 'got better';
    return { ...change, pTwoSidedHolm: p, verdict: p <= alpha ? direction : 'no evidence of change' };
  });
  const matched = matchModels(before.standings.models, models);
  return {
    changes: told,
    metrics: now.metrics.flatMap(({ id, model, value }) => {
      const baselineModel = matched.find((one) => one.model === model)?.baselineModel;
      const old = before.metrics.find((metric) => metric.id === id && metric.model === baselineModel);
      return old === undefined ? [] : [{ id, model, before: old.value, now: value }];
    }),
    unmatched: matched.filter(({ baselineModel }) => baselineModel === undefined).map(({ model }) => model),
  };
}

const points = (share: number) => (100 * share).toFixed(1);
const styles = {
  'got worse': 'red',
  'got better': 'green',
  'no evidence of change': 'dim',
  'not comparable': 'yellow',
} as const satisfies Record<Word, unknown>;

function changesTable(changes: readonly Told[]): string {
  const several = new Set(changes.map(({ model }) => model)).size > 1;
  const rows = changes.flatMap(({ model, evaluation, paired, pTwoSidedHolm = 1, verdict }) => {
    if (paired === undefined) return [];
    const { total, stand, regressed, improved, drop, low, high } = paired;
    return [
      [
        printable(several ? `${model}  ${evaluation}` : evaluation),
        `${points((stand + regressed.length) / total)} %`,
        `${points((stand + improved.length) / total)} %`,
        `${points(-drop)}  ${colour('dim', `[${points(-high)}, ${points(-low)}]`)}`,
        `${regressed.length}`,
        `${improved.length}`,
        pTwoSidedHolm < 0.001 ? '< 0.001' : pTwoSidedHolm.toFixed(3),
        colour(styles[verdict], verdict),
      ],
    ];
  });
  const right = (title: string) => ({ title, align: 'right' as const });
  return table(
    [
      { title: 'right under' },
      right('before'),
      right('now'),
      right('change in points'),
      right('fell'),
      right('recovered'),
      right('p (Holm)'),
      { title: '' },
    ],
    rows,
  );
}

function flipLines(changes: readonly Told[]): string[] {
  return changes.flatMap(({ model, evaluation, paired }) => {
    const ids = paired?.regressed ?? [];
    if (ids.length === 0) return [];
    const more = ids.length > mostFlips ? ` and ${ids.length - mostFlips} more (--json lists all)` : '';
    return [
      `fell  ${printable(`${evaluation} on ${model}`)}: ${ids.slice(0, mostFlips).map(printable).join(', ')}${more}`,
    ];
  });
}

function metricsTable(metrics: Comparison['metrics']): string[] {
  const moved = metrics.filter(({ before, now }) => before !== now);
  if (moved.length === 0) return [];
  const number = (value: number | null) => (value === null ? 'undefined' : String(Number(value.toPrecision(4))));
  const rows = moved
    .slice(0, mostMetrics)
    .map(({ id, model, before, now }) => [printable(id), printable(model), number(before), number(now)]);
  const left = moved.length - rows.length;
  return [
    table(
      [
        { title: 'metric that moved' },
        { title: 'model' },
        { title: 'before', align: 'right' },
        { title: 'now', align: 'right' },
      ],
      rows,
    ) + (left > 0 ? `\n${colour('dim', `… and ${left} more; --json lists all`)}` : ''),
  ];
}

function text(names: readonly [string, string], { changes, metrics, unmatched }: Comparison): string {
  const comparable = changes.filter(({ paired }) => paired !== undefined);
  const apart = changes
    .filter(({ differs }) => differs.length > 0)
    .map(({ model, evaluation, differs }) =>
      printable(`not comparable  ${evaluation} on ${model}: ${differs.join('; ')}`),
    );
  const alone = unmatched.map((model) => printable(`not comparable  ${model}: ${names[0]} has no model of this name`));
  const parts = [
    `before  ${printable(names[0])}\nnow     ${printable(names[1])}`,
    ...(comparable.length > 0 ? [changesTable(changes)] : []),
    ...[flipLines(changes), [...apart, ...alone]].filter((lines) => lines.length > 0).map((lines) => lines.join('\n')),
    ...metricsTable(metrics),
  ];
  return `${parts.join('\n\n')}\n`;
}

async function compare(before: string, now: string, { json }: { json?: true }): Promise<void> {
  const { openSide } = await import('../run/side.ts');
  const comparison = await comparisonOf(await openSide(before), await openSide(now));
  process.stdout.write(
    json ? `${JSON.stringify(comparison, null, 2)}\n` : text([basename(before), basename(now)], comparison),
  );
}

export function compareCommand(): Command {
  return new Command('compare')
    .description('what changed between two runs or baselines, example by example')
    .argument('<before>', 'run folder or baseline folder')
    .argument('<now>', 'run folder or baseline folder')
    .option('--json', 'everything, with the ids of all flips')
    .addHelpText(
      'after',
      '\nExits with 0 whatever changed: a gate (max-drop) decides, a comparison tells. 2: the input is wrong.',
    )
    .action(compare);
}
