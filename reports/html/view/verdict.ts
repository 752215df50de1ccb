/** The first screen: the verdict, what it rests on and does not cover, what qualifies it, and the main numbers. */
import { group } from 'd3-array';
import { normName, type RunRecord } from 'proofhouse/plugin';
import { plain, unbroken, whole } from '../../format.ts';
import { wordOf } from '../../gates.ts';
import type { Tag } from '../look.ts';
import { tagOf } from '../look.ts';
import { type GlanceView, glanceView } from './glance.ts';
import { heading, left, type Table, table, tagged, words } from './table.ts';

export interface VerdictView {
  word: string;
  kind: string;
  sentence: string;
  /** 'Report only', 'Pull request': what a green or red strip must not hide. */
  banners: { kind: string; title: string; text: string }[];
  /** What was tested, what is not covered, whether the numbers can be trusted. */
  statements: { title: string; text: string; href: string | null }[];
  identity: { name: string; value: string }[];
  glance: GlanceView | null;
  risks: Table | null;
}

const RISK_STATES: Record<string, string> = {
  holds: 'holds as recorded',
  worse: 'worse than accepted: no longer excused',
  expired: 'expired: no longer excused',
  unused: 'no longer needed: prune it',
};

export function verdictView(record: RunRecord, tags: ReadonlyMap<string, Tag>): VerdictView {
  const { verdict, gating } = record;
  return {
    ...wordsOf(record),
    sentence: unbroken(verdict.sentence),
    banners: [
      ...(gating.reportOnly
        ? [
            {
              kind: 'inconclusive',
              title: 'Report only',
              text: 'This run was told not to block, whatever its gates say. A green job is no approval.',
            },
          ]
        : []),
      ...(record.early ? [{ kind: 'none', title: 'Decided early', text: decidedEarly(record.early) }] : []),
    ],
    statements: [
      { title: 'Tested', text: tested(record), href: null },
      { title: 'Not covered', text: notCovered(record), href: null },
      { title: 'Trust', text: trust(record), href: '#trust' },
    ],
    identity: identity(record),
    glance: glanceView(record, tags),
    risks: risksTable(record, tags),
  };
}

const decidedEarly = ({ examples, planned }: NonNullable<RunRecord['early']>): string =>
  examples === planned
    ? `Gates were judged while images were attacked, and it took all ${whole(planned)}. The tests allow for having looked all the time.`
    : `Every gate was settled after ${whole(examples)} of ${whole(planned)} images, and the run stopped there. The tests allow for having looked all the time.`;

function wordsOf({ verdict: { status }, gates, gating }: RunRecord): { word: string; kind: string } {
  if (status === 'not applicable')
    return { word: gating.reportOnly && gates.length > 0 ? 'Report only' : 'No verdict', kind: 'none' };
  if (status === 'error' || status === 'inconclusive') return { word: 'Cannot certify', kind: status };
  return wordOf(status);
}

function tested({ evaluations, dataset, models }: RunRecord): string {
  const attacks = evaluations.filter(({ id }) => id !== 'clean');
  const images = `${whole(dataset.examples)} ${dataset.examples === 1 ? 'image' : 'images'}`;
  const subject = models.length === 1 ? 'One model' : `${models.length} models`;
  if (attacks.length === 0) return `${subject} on ${images} of ${dataset.source}. No attack was run.`;
  const series = group(attacks, ({ attack, surrogate, norm }) => JSON.stringify([attack, surrogate, norm]));
  const names = [...series.values()].map((sweep) => {
    const [{ attack: plugin, surrogate, norm }] = sweep;
    const attack = surrogate === undefined ? plugin : `${plugin} made on ${surrogate}`;
    const [{ epsilon, epsilonText }] = sweep.toSorted((a, b) => (b.epsilon ?? 0) - (a.epsilon ?? 0));
    if (norm === undefined || epsilon === undefined) return attack;
    return `${attack} (${normName(norm)} up to ${epsilonText ?? plain(epsilon)})`;
  });
  const listed =
    names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more attacks` : names.join(', ');
  return `${subject} on ${images} of ${dataset.source}, clean and under ${listed}.`;
}

const BALLS = ['linf', 'l2', 'l1', 'l0'];

function notCovered({ evaluations, dataset }: RunRecord): string {
  const norms = new Set(evaluations.flatMap(({ norm }) => (norm === undefined ? [] : [norm as string])));
  if (norms.size === 0) return 'Robustness: no attack was run, so this says nothing about it.';
  const untried = BALLS.filter((norm) => !norms.has(norm)).map(normName);
  return [
    'Attacks that were not tried, and larger perturbations',
    ...(untried.length > 0 ? [`the norms ${untried.join(', ')}`] : []),
    'images unlike these',
    ...(dataset.groupColumns.length === 0 ? ['subgroups: the data name none'] : []),
  ]
    .join('; ')
    .concat('.');
}

function trust({ findings, evaluations }: RunRecord): string {
  const checks = findings.flatMap((finding) => finding.checks ?? []);
  if (checks.length === 0)
    return evaluations.some(({ id }) => id !== 'clean')
      ? 'Unverified: no check of the attacks was made.'
      : 'No attack was run, so there is none to check.';
  const failed = checks.filter(({ verdict }) => verdict === 'fail');
  const warned = checks.filter(({ verdict }) => verdict === 'warn');
  const asked = `${whole(checks.length)} checks of the evaluation`;
  if (failed.length > 0)
    return `Do not rely on the numbers below: ${failed.length} of ${asked} ${failed.length === 1 ? 'fails' : 'fail'}.`;
  if (warned.length > 0) return `None of ${asked} fails; ${warned.length} ${warned.length === 1 ? 'warns' : 'warn'}.`;
  return `None of ${asked} fails or warns.`;
}

function identity({ models, dataset, history, seed, proofhouse, gating }: RunRecord): VerdictView['identity'] {
  const commit = history?.at(-1)?.commit;
  return [
    ...models.slice(0, 4).map(({ name, sha256 }) => ({ name, value: sha256.slice(0, 12) })),
    { name: 'data', value: dataset.sha256.slice(0, 12) },
    ...(commit === undefined ? [] : [{ name: 'commit', value: commit.slice(0, 12) }]),
    { name: 'context', value: gating.context },
    { name: 'seed', value: String(seed) },
    { name: 'Proofhouse', value: proofhouse },
  ];
}

function risksTable({ acceptedRisks = [] }: RunRecord, tags: ReadonlyMap<string, Tag>): Table | null {
  if (acceptedRisks.length === 0) return null;
  return table(
    'Accepted risks',
    [left('Gate'), left('Model'), left('State'), left('Reason'), left('Owner'), left('Expires')],
    acceptedRisks.map((risk) => [
      heading(words(risk.gate)),
      tagged(tagOf(tags, risk.model)),
      words(RISK_STATES[risk.state] ?? risk.state),
      words(risk.reason, risk.ticket ?? null),
      words(risk.owner),
      words(risk.expires),
    ]),
  );
}
