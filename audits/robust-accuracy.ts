/** Robust accuracy: the share of all examples that a model still classifies correctly under attack. */
import {
  type AuditInput,
  type Cell,
  type Detail,
  defineAudit,
  type Metric,
  normName,
  type Proportion,
  z,
} from 'proofhouse/plugin';
import { declaredSubgroups, subgroupAccuracies } from './robust-accuracy/by-subgroup.ts';
import { convergenceDetails } from './robust-accuracy/convergence.ts';
import { learntNotes } from './robust-accuracy/learnt.ts';
import {
  declaredPerturbations,
  minimalPerturbations,
  perturbationDetails,
  perturbationMetrics,
} from './robust-accuracy/minimal-perturbation.ts';
import { type Condition, conditionIds, conditionsOf, epsilonName } from './shared/condition.ts';
import { partitionsOf } from './shared/partition.ts';
import { outOf, percent, range, rateMetric } from './shared/rate.ts';

interface Measured {
  condition: Condition;
  /** Metrics in the table's order; absent where they have no meaning. */
  accuracy: Metric;
  success?: Metric;
  survival?: Metric;
}

const countWhere = (length: number, holds: (index: number) => boolean) => {
  let count = 0;
  for (let index = 0; index < length; index++) if (holds(index)) count++;
  return count;
};

function measureModel(model: string, conditions: readonly Condition[]): Measured[] {
  return conditions.map((condition) => {
    const { id, label, kind, wrong, success, survives8bit } = condition;
    const cleanWrong = conditions[0].wrong;
    const total = wrong.length;
    const standing: Proportion = { count: countWhere(total, (index) => wrong[index] === 0), total };
    if (kind === 'clean') {
      const about = { id: 'clean-accuracy', model, label: 'Clean accuracy', better: 'higher', evaluation: id } as const;
      return { condition, accuracy: rateMetric(about, standing) };
    }
    const correct = countWhere(total, (index) => cleanWrong[index] === 0);
    const fallen = countWhere(total, (index) => cleanWrong[index] === 0 && success[index] === 1);
    const surviving = countWhere(total, (index) => cleanWrong[index] === 0 && survives8bit[index] === 1);
    const about = { model, evaluation: id };
    return {
      condition,
      accuracy: rateMetric(
        { ...about, id: `robust-accuracy@${id}`, label: `Robust accuracy under ${label}`, better: 'higher' },
        standing,
      ),
      success: rateMetric(
        {
          ...about,
          id: `attack-success@${id}`,
          label: `Attack success among correctly classified examples, ${label}`,
          better: 'lower',
        },
        { count: fallen, total: correct },
      ),
      survival: rateMetric(
        {
          ...about,
          id: `survives-8bit@${id}`,
          label: `Successes that survive rounding to 8 bits, ${label}`,
          better: 'lower',
        },
        { count: surviving, total: fallen },
      ),
    };
  });
}

function countsOf({ count = 0, total = 0 }: Metric): Proportion {
  return { count, total };
}

const cells = (metric: Metric | undefined): Cell[] =>
  metric === undefined ? ['–', '–'] : [outOf(countsOf(metric)), { metric: metric.id, model: metric.model }];

function table(byModel: ReadonlyMap<string, readonly Measured[]>): Detail {
  return {
    type: 'table',
    folded: true,
    title: 'Accuracy under attack',
    columns: [
      { title: 'Model' },
      { title: 'Under' },
      { title: 'Still correct', align: 'right' },
      { title: 'Accuracy', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'Fell to the attack, of those correct before', align: 'right' },
      { title: 'Attack success', align: 'right' },
      { title: 'Survive 8-bit rounding', align: 'right' },
      { title: 'Share surviving', align: 'right' },
    ],
    rows: [...byModel].flatMap(([model, measured]) =>
      measured.map(({ condition, accuracy, success, survival }): Cell[] => [
        model,
        condition.label,
        ...cells(accuracy),
        range(accuracy.interval),
        ...cells(success),
        ...cells(survival),
      ]),
    ),
  };
}

type Line = Extract<Detail, { type: 'curves' }>['lines'][number];

/** One chart a norm, one line a model and series, from the clean accuracy at ε = 0. */
function curves(byModel: ReadonlyMap<string, readonly Measured[]>): Detail[] {
  const all = [...byModel.values()].flat();
  const norms = [...new Set(all.flatMap(({ condition }) => condition.norm ?? []))];
  return norms.map((norm) => {
    const lines = [...byModel].flatMap(([model, measured]): Line[] => {
      const ofNorm = measured.filter(({ condition }) => condition.norm === norm);
      const series = new Map(ofNorm.map(({ condition }) => [condition.series, condition]));
      // With one attack alone its line is the worst case already.
      if (series.size === 2) series.delete(`worst:${norm}`);
      const labels = [...series.values()].map(({ seriesLabel }) => seriesLabel);
      return [...series].map(([id, { seriesLabel }]) => ({
        label: labels.filter((label) => label === seriesLabel).length > 1 ? `${seriesLabel} (${id})` : seriesLabel,
        model,
        points: [measured[0], ...ofNorm.filter(({ condition }) => condition.series === id)].map(
          ({ condition, accuracy }) => ({
            x: condition.epsilon ?? 0,
            xText: condition.epsilonText ?? '0 (clean)',
            y: accuracy.value,
            ...(accuracy.interval && { low: accuracy.interval.low, high: accuracy.interval.high }),
          }),
        ),
      }));
    });
    return {
      type: 'curves',
      title: `Accuracy under attack, ${normName(norm)}`,
      xLabel: epsilonName(norm),
      yLabel: 'Accuracy',
      lines,
    };
  });
}

function sentence(model: string, measured: readonly Measured[], checked: boolean): string {
  const [{ accuracy: clean }] = measured;
  if (clean.value === null) return `${model}: there is no example to measure on.`;
  // Worst cases come by ascending ε: the last of each norm is its largest.
  const largest = new Map(
    measured.filter(({ condition }) => condition.kind === 'worst').map((entry) => [entry.condition.norm, entry]),
  );
  const robust = [...largest.values()].map(
    ({ condition, accuracy }) =>
      `${percent(accuracy.value ?? 0)} within ${condition.norm && normName(condition.norm)} ${condition.epsilonText}`,
  );
  const attacked =
    robust.length === 0
      ? 'no attack was run'
      : `under the worst attack tried, ${robust.join(' and ')}${checked ? '' : ' (unverified)'}`;
  return `${model} classifies ${percent(clean.value)} of ${clean.total} images correctly; ${attacked}.`;
}

/** Models that met fewer attacks than the plan holds: numbers that leave something out say so. */
function missing(input: AuditInput): Detail[] {
  return input.models.flatMap((model): Detail[] => {
    const absent = input.evaluations
      .filter(({ id, surrogate }) => surrogate !== model && input.rows(model, id) === undefined)
      .map(({ id }) => id);
    return absent.length === 0
      ? []
      : [
          {
            type: 'note',
            level: 'warning',
            text: `${model} was not measured under ${absent.join(', ')}: what is said of it leaves that out.`,
          },
        ];
  });
}

/** A number is worth what the attacks behind it are worth; without checks nobody knows. */
const unverified: Detail = {
  type: 'note',
  level: 'warning',
  text:
    'Unverified: no check of the attacks themselves was made, and a model that masks its gradients looks robust to a weak attack. ' +
    'Add the audit evaluation-health.',
};

export default defineAudit({
  name: 'robust-accuracy',
  title: 'Robust accuracy',
  reference: 'Carlini et al. 2019, arXiv:1902.06705; Croce & Hein 2020, arXiv:2003.01690 (per-example worst case)',
  description:
    'Accuracy clean, under each attack and ε, and under the worst attack for each example; over all examples, so that a clean error counts as not robust.',
  options: z.strictObject({}),
  metrics({ evaluations, examples, groupColumns }) {
    const conditions = conditionIds(evaluations);
    const [clean, ...attacked] = conditions;
    const measures = ['attack-success', 'survives-8bit'];
    const total = examples.length;
    const accuracies = [`${clean}-accuracy`, ...attacked.map((id) => `robust-accuracy@${id}`)];
    const rates = attacked.flatMap((id) => measures.map((measure) => `${measure}@${id}`));
    return [
      ...accuracies.map((id) => ({ id, unit: 'proportion' as const, total })),
      ...rates.map((id) => ({ id, unit: 'proportion' as const })),
      ...declaredPerturbations(evaluations),
      ...declaredSubgroups(conditions, partitionsOf(examples, groupColumns)),
    ];
  },
  measure(input) {
    const byModel = new Map(
      input.models.map((model) => [model, measureModel(model, conditionsOf(input, model))] as const),
    );
    for (const [model, measured] of byModel) if (measured.length === 0) byModel.delete(model);
    const all = [...byModel.values()].flat();
    const attacked = all.some(({ condition }) => condition.kind === 'attack');
    const checked = input.audits.includes('evaluation-health');
    const perturbations = minimalPerturbations(input);
    const partitions = partitionsOf(input.examples, input.groupColumns);
    const details: Detail[] = [
      ...curves(byModel),
      table(byModel),
      ...convergenceDetails(input),
      ...perturbationDetails(perturbations, input.evaluations),
      ...learntNotes(input),
      ...missing(input),
    ];
    if (attacked && !checked) details.push(unverified);
    if (attacked) {
      details.push({
        type: 'note',
        level: 'info',
        text:
          'Accuracy under attack is an upper bound of robust accuracy: a stronger attack may find more. The worst case is taken example by ' +
          'example, over every attack of the same norm at that ε or a smaller one. Intervals are Wilson’s, over the choice of examples alone.',
      });
    }
    return {
      audit: 'robust-accuracy',
      title: 'Robust accuracy',
      summary: [...byModel].map(([model, measured]) => sentence(model, measured, checked)).join(' '),
      metrics: [
        ...all.flatMap(({ accuracy, success, survival }) =>
          [accuracy, success, survival].filter((m) => m !== undefined),
        ),
        ...perturbationMetrics(perturbations),
        ...[...byModel].flatMap(([model, measured]) =>
          subgroupAccuracies(
            model,
            measured.map(({ condition }) => condition),
            partitions,
          ),
        ),
      ],
      details,
    };
  },
});
