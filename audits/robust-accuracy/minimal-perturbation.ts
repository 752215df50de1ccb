/**
 * Quartiles and mean of the smallest perturbation that a minimal-norm attack finds: 0 for a clean error, infinite where it finds none
 * (a value is null where that makes it infinite).
 */
import {
  type AuditInput,
  type Cell,
  type DeclaredMetric,
  type Detail,
  type Evaluation,
  type Metric,
  normName,
  type ThreatName,
} from 'proofhouse/plugin';
import { isBall } from '../shared/condition.ts';
import { scaleOf, stepPoints } from '../shared/steps.ts';

interface Series {
  /** 'fmn:l2' */
  id: string;
  /** The evaluation at its smallest ε, whose rows hold the distances. */
  evaluation: Evaluation;
  label: string;
}

export interface Perturbations {
  label: string;
  model: string;
  norm: ThreatName;
  /** In ascending order: 0 for a clean error, infinite where nothing was found. */
  distances: number[];
  lowerQuartile: Metric;
  median: Metric;
  upperQuartile: Metric;
  mean: Metric;
}

/** The minimal-norm series among the evaluations, by the first ε of each. */
function seriesOf(evaluations: readonly Evaluation[]): Series[] {
  const series = new Map<string, Series>();
  for (const evaluation of evaluations) {
    const { id, title, norm, epsilonText, budget } = evaluation;
    if (budget !== 'minimal-norm' || norm === undefined) continue;
    const prefix = id.slice(0, id.length - `:${epsilonText}`.length);
    const ending = ` ${epsilonText}`;
    const label = title.endsWith(ending) ? title.slice(0, -ending.length) : title;
    if (!series.has(prefix)) series.set(prefix, { id: prefix, evaluation, label });
  }
  return [...series.values()];
}

const metricId = (name: string, { id }: Series) => `${name}-perturbation@${id}`;

/** The metrics of every minimal-norm attack among the evaluations. */
export const declaredPerturbations = (evaluations: readonly Evaluation[]): DeclaredMetric[] =>
  seriesOf(evaluations).flatMap((series) =>
    ['lower-quartile', 'median', 'upper-quartile', 'mean'].map((name) => ({
      id: metricId(name, series),
      unit: 'number' as const,
    })),
  );

/** Distances in ascending order; examples that cannot be attacked, because they already are of the target class, are left out. */
function distancesOf(input: AuditInput, model: string, { evaluation }: Series): number[] | undefined {
  const clean = input.rows(model, 'clean');
  const rows = input.rows(model, evaluation.id);
  const { norm } = evaluation;
  // A family of transforms has no distance among those that rows record.
  if (clean === undefined || rows === undefined || norm === undefined || !isBall(norm)) return undefined;
  const distances: number[] = [];
  for (const [index, { success, distances: reached }] of rows.entries()) {
    if (clean[index].success) {
      distances.push(0);
      continue;
    }
    const distance = reached?.[norm] ?? Number.POSITIVE_INFINITY;
    if (success || distance > 0) distances.push(distance);
  }
  return distances.toSorted((a, b) => a - b);
}

/** Quantile by linear interpolation between order statistics (Hyndman & Fan's type 7). */
function quantile(ascending: readonly number[], share: number): number {
  const position = (ascending.length - 1) * share;
  const below = Math.floor(position);
  const weight = position - below;
  return weight === 0 ? ascending[below] : (1 - weight) * ascending[below] + weight * ascending[below + 1];
}

/** What each minimal-norm attack found on each model that it met. */
export function minimalPerturbations(input: AuditInput): Perturbations[] {
  return input.models.flatMap((model) =>
    seriesOf(input.evaluations).flatMap((series): Perturbations[] => {
      const distances = distancesOf(input, model, series);
      if (distances === undefined || distances.length === 0) return [];
      const metric = (name: string, label: string, value: number): Metric => ({
        id: metricId(name, series),
        model,
        label: `${label} of the smallest perturbation, ${series.label}`,
        value: Number.isFinite(value) ? value : null,
        total: distances.length,
        unit: 'number',
        better: 'higher',
        evaluation: series.evaluation.id,
      });
      return [
        {
          label: series.label,
          model,
          norm: series.evaluation.norm as ThreatName,
          distances,
          lowerQuartile: metric('lower-quartile', 'Lower quartile', quantile(distances, 0.25)),
          median: metric('median', 'Median', quantile(distances, 0.5)),
          upperQuartile: metric('upper-quartile', 'Upper quartile', quantile(distances, 0.75)),
          mean: metric('mean', 'Mean', distances.reduce((sum, distance) => sum + distance, 0) / distances.length),
        },
      ];
    }),
  );
}

export const perturbationMetrics = (all: readonly Perturbations[]): Metric[] =>
  all.flatMap(({ lowerQuartile, median, upperQuartile, mean }) => [lowerQuartile, median, upperQuartile, mean]);

/** The share of examples that fall within each distance, one chart a norm. */
function distributions(all: readonly Perturbations[]): Detail[] {
  return [...new Set(all.map(({ norm }) => norm))].map((norm): Detail => {
    const ofNorm = all.filter((one) => one.norm === norm);
    const changed = (distance: number) => distance > 0 && Number.isFinite(distance);
    return {
      type: 'steps',
      title: `Share of examples that fall within a distance, ${normName(norm)}`,
      xLabel: `Distance, ${normName(norm)}`,
      yLabel: 'Share of examples',
      scale: scaleOf(ofNorm.flatMap(({ distances }) => distances.filter(changed))),
      lines: ofNorm.map(({ label, model, distances }) => {
        const wrong = distances.filter((distance) => distance === 0).length;
        return {
          label,
          model,
          start: wrong / distances.length,
          points: stepPoints(distances.filter(changed), (passed) => (wrong + passed) / distances.length),
        };
      }),
    };
  });
}

/** Charts, a table and what they mean; nothing where no minimal-norm attack was run. */
export function perturbationDetails(all: readonly Perturbations[], evaluations: readonly Evaluation[]): Detail[] {
  if (all.length === 0) return [];
  const norms = new Set(evaluations.flatMap(({ budget, norm }) => (budget === 'minimal-norm' && norm) || []));
  return [
    ...distributions(all),
    {
      type: 'table',
      title: 'Smallest perturbation that changes the answer',
      columns: [
        { title: 'Model' },
        { title: 'Attack' },
        { title: 'Found', align: 'right' },
        { title: 'Lower quartile', align: 'right' },
        { title: 'Median', align: 'right' },
        { title: 'Upper quartile', align: 'right' },
        { title: 'Mean', align: 'right' },
      ],
      rows: all.map(({ label, model, distances, lowerQuartile, median, upperQuartile, mean }): Cell[] => [
        model,
        label,
        `${distances.filter(Number.isFinite).length} of ${distances.length}`,
        ...[lowerQuartile, median, upperQuartile, mean].map(({ id }) => ({ metric: id, model })),
      ]),
    },
    {
      type: 'note',
      level: 'info',
      text:
        `Distances from the clean image (${[...norms].map(normName).join(', ')}; pixel values from 0 to 1), over all examples: 0 for a clean error, ` +
        'infinite where the attack found nothing, and no value where that makes a quartile or the mean infinite. Each is an upper bound ' +
        'of the true distance to the boundary.',
    },
  ];
}
