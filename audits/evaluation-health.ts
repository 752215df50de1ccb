/** Evaluation health: whether a robust accuracy can be believed, by checks that would show a broken attack or a masked gradient. */
import {
  type AuditInput,
  type Cell,
  type Detail,
  defineAudit,
  type HealthCheck,
  type Metric,
  z,
} from 'proofhouse/plugin';
import { attackChecks } from './evaluation-health/attack-checks.ts';
import type { Check, CheckVerdict } from './evaluation-health/check.ts';
import { contradictionChecks } from './evaluation-health/contradiction-checks.ts';
import { certificateOf, generalChecks } from './evaluation-health/general-checks.ts';
import { modelChecks } from './evaluation-health/model-checks.ts';
import { attributions, outcomeChecks } from './evaluation-health/outcome-checks.ts';
import { needs } from './evaluation-health/probes.ts';
import { twinChecks } from './evaluation-health/twin-checks.ts';
import { type View, viewOf } from './evaluation-health/view.ts';
import { percent } from './shared/rate.ts';

/** Ids shown of each check; metrics count them all. */
const mostIds = 5;

interface Checked {
  view: View;
  checks: Check[];
}

const count = ({ checks }: Checked, verdict: CheckVerdict) =>
  checks.filter((check) => check.verdict === verdict).length;

function metricsOf(checked: Checked): Metric[] {
  const { model } = checked.view;
  const about = { model, unit: 'number', better: 'lower' } as const;
  return [
    { ...about, id: 'health-checks-failed', label: 'Health checks that fail', value: count(checked, 'fail') },
    { ...about, id: 'health-checks-warned', label: 'Health checks that warn', value: count(checked, 'warn') },
  ];
}

const checksOf = ({ view, checks }: Checked): HealthCheck[] =>
  checks.map(({ id, title, verdict, value, threshold, remedy }) => ({
    id,
    model: view.model,
    title,
    verdict,
    measured: value,
    threshold,
    remedy,
  }));

function sentence(checked: Checked): string {
  const { model } = checked.view;
  const failed = checked.checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
  const warned = checked.checks.filter(({ verdict }) => verdict === 'warn').map(({ id }) => id);
  const warning = warned.length === 0 ? '' : ` ${warned.length} warn: ${warned.join(', ')}.`;
  if (failed.length > 0)
    return `${model}: its accuracy under attack is not to be believed, for ${failed.length} health ${failed.length === 1 ? 'check fails' : 'checks fail'}: ${failed.join(', ')}.${warning}`;
  return `${model}: no health check fails (${count(checked, 'ok')} ok, ${count(checked, 'n/a')} not applicable).${warning}`;
}

const listed = (ids: readonly string[]) =>
  ids.length <= mostIds ? ids.join(', ') : `${ids.slice(0, mostIds).join(', ')} and ${ids.length - mostIds} more`;

const order: readonly CheckVerdict[] = ['fail', 'warn', 'ok', 'n/a'];

/** What needs attention, open; what holds or does not apply, folded. */
function checksTables({ view, checks }: Checked): Detail[] {
  const tableOf = (title: string, verdicts: readonly CheckVerdict[], folded: boolean): Detail[] => {
    const shown = checks.filter(({ verdict }) => verdicts.includes(verdict));
    if (shown.length === 0) return [];
    return [
      {
        type: 'table',
        title: `${title}, ${view.model}`,
        folded,
        columns: ['Check', 'Verdict', 'What it asks', 'Measured', 'Threshold', 'Examples', 'Remedy', 'Source'].map(
          (column) => ({ title: column }),
        ),
        rows: shown
          .toSorted((one, other) => order.indexOf(one.verdict) - order.indexOf(other.verdict))
          .map((check): Cell[] => [
            check.id,
            check.verdict,
            check.title,
            check.value,
            check.threshold,
            listed(check.examples),
            check.verdict === 'fail' || check.verdict === 'warn' ? check.remedy : '',
            check.source,
          ]),
      },
    ];
  };
  return [
    ...tableOf('Checks that fail or warn', ['fail', 'warn'], false),
    ...tableOf('Checks that hold or do not apply', ['ok', 'n/a'], true),
  ];
}

function attributionTable(checked: readonly Checked[]): Detail[] {
  const rows = checked.flatMap(({ view }) =>
    attributions(view).map(({ id, fell, alone, together }): Cell[] => [
      view.model,
      id,
      fell,
      together === 0 ? '–' : percent(fell / together),
      alone,
    ]),
  );
  return rows.length === 0
    ? []
    : [
        {
          type: 'table',
          title: 'Which attack brought down what, at the largest ε of each norm',
          columns: [
            { title: 'Model' },
            { title: 'Attack' },
            { title: 'Fell to it, of those correct before', align: 'right' },
            { title: 'Share of all that fell', align: 'right' },
            { title: 'Fell to it alone', align: 'right' },
          ],
          rows,
        },
      ];
}

function howMany(input: AuditInput, examples: number): Detail {
  const part = Math.min(examples, input.examples.length);
  const made =
    part === input.examples.length
      ? 'all examples'
      : `a seeded part of ${part} of the ${input.examples.length} examples`;
  return {
    type: 'note',
    level: part < 50 ? 'warning' : 'info',
    text:
      `AA-rand, AA-softmax, gradient-check, I2, I6, C2, C3, C5, C10, C12 and C17 are measured on ${made}; so are the one-step, noise, score and decision ` +
      `attacks that the run itself does not list.${part < 50 ? ' Fewer than 50 are few: a small defect may not show.' : ''} A check that is ok ` +
      'rules out one way of going wrong, not all of them.',
  };
}

export default defineAudit({
  name: 'evaluation-health',
  title: 'Evaluation health',
  reference:
    'Croce & Hein 2020, arXiv:2003.01690 (AutoAttack’s flags); Pintor et al. 2022, arXiv:2106.09947 (Indicators of Attack Failure); Carlini et al. 2019, arXiv:1902.06705 (checklist)',
  description:
    'Whether an accuracy under attack can be believed: random or probability outputs, vanishing gradients, attacks that stop early, contradictions between attacks, 8-bit survival.',
  options: z.strictObject({
    examples: z
      .int()
      .positive()
      .default(64)
      .describe('examples, seeded, on which the checks that cost queries of their own are made'),
    certified: z
      .strictObject({ column: z.string(), norm: z.enum(['linf', 'l2', 'l1', 'l0']) })
      .optional()
      .describe('subgroup column that holds radii inside which robustness is proved, for C18; blank where none is'),
  }),
  needs: ({ examples }, planned) => needs(examples, planned),
  metrics(plan, { certified }) {
    if (certified !== undefined) certificateOf(plan, certified);
    return ['health-checks-failed', 'health-checks-warned'].map((id) => ({ id, unit: 'number' as const }));
  },
  measure(input, { examples, certified }) {
    const certificate = certified && certificateOf(input, certified);
    const checked = input.models.flatMap((model): Checked[] => {
      const view = viewOf(input, model);
      return view === undefined
        ? []
        : [
            {
              view,
              checks: [
                ...modelChecks(view),
                ...attackChecks(view),
                ...contradictionChecks(view),
                ...twinChecks(view),
                ...outcomeChecks(view),
                ...generalChecks(view, certificate),
              ],
            },
          ];
    });
    return {
      audit: 'evaluation-health',
      title: 'Evaluation health',
      summary: checked.map(sentence).join(' '),
      metrics: checked.flatMap(metricsOf),
      checks: checked.flatMap(checksOf),
      details: [...checked.flatMap(checksTables), ...attributionTable(checked), howMany(input, examples)],
    };
  },
});
