/** False-negative rates as a forest plot, curves over ε and a table. */
import { type Cell, type Detail, type Metric, normName } from 'proofhouse/plugin';
import { type Condition } from '../shared/condition.ts';
import { outOf, percent, range } from '../shared/rate.ts';
import { type ClassMeasurement, tallyOf } from './measurement.ts';

type ForestRow = Extract<Detail, { type: 'forest' }>['rows'][number];

/**
 * Indices of the conditions that a reader is shown: clean, and the worst case over attacks at up to three ε of each norm (least, middle,
 * most). All others are among the metrics.
 */
export function shownConditions(conditions: readonly Condition[]): number[] {
  const norms = new Map<string, number[]>();
  conditions.forEach(({ kind, norm }, index) => {
    if (kind === 'worst' && norm !== undefined) norms.set(norm, [...(norms.get(norm) ?? []), index]);
  });
  const worst = [...norms.values()].flatMap((indices) => {
    const last = indices.length - 1;
    return [...new Set([indices[0], indices[last >> 1], indices[last]])];
  });
  return [...(conditions.length > 0 ? [0] : []), ...worst];
}

/** Short name of a condition beside others: 'clean', 'worst case, L∞ 8/255'. */
export const seriesName = ({ kind, norm, epsilonText }: Condition) =>
  kind === 'clean' || norm === undefined ? 'clean' : `worst case, ${normName(norm)} ${epsilonText}`;

const bounds = ({ interval }: Metric) => (interval ? { low: interval.low, high: interval.high } : {});

export const heading = ({ className, model }: ClassMeasurement) => `“${className}” · ${model}`;

export function forest(measurement: ClassMeasurement, minimumPositives: number): Detail {
  const { conditions, everyone, partitions } = measurement;
  const shown = shownConditions(conditions);
  const rows = (label: string, section: string, rates: readonly Metric[]): ForestRow[] =>
    shown.map((index) => {
      const rate = rates[index];
      const { count, total } = tallyOf(label, rate);
      return {
        label,
        section,
        series: seriesName(conditions[index]),
        value: rate.value,
        ...bounds(rate),
        count,
        total,
        ...(total < minimumPositives && { small: true }),
      };
    });
  const clean = everyone[0].value;
  return {
    type: 'forest',
    title: `False-negative rate by subgroup, ${heading(measurement)}`,
    xLabel: 'False-negative rate, with 95 % Wilson intervals',
    ...(clean !== null && { reference: { label: `everyone, clean: ${percent(clean)}`, value: clean } }),
    rows: [
      ...rows('everyone', 'all examples', everyone),
      ...partitions.flatMap(({ partition, subgroups }) =>
        subgroups.flatMap(({ subgroup, rates }) => rows(subgroup.label, partition.title, rates)),
      ),
    ],
  };
}

/**
 * One chart for each column and norm attacked at several ε: gaps can close at large ε only because everything is missed there, which a single ε
 * would hide.
 */
export function curves(measurement: ClassMeasurement): Detail[] {
  const { conditions, partitions, model } = measurement;
  const norms = [...new Set(conditions.flatMap(({ norm }) => norm ?? []))];
  return norms.flatMap((norm) => {
    const points = conditions.flatMap(({ kind, norm: own }, index) =>
      kind === 'worst' && own === norm ? [index] : [],
    );
    if (points.length < 2) return [];
    return partitions
      .filter(({ partition, subgroups }) => partition.columns.length === 1 && subgroups.length > 0)
      .map(
        ({ partition, subgroups }): Detail => ({
          type: 'curves',
          title: `False-negative rate over ε by ${partition.title}, worst case over attacks, ${heading(measurement)}`,
          xLabel: `ε, ${normName(norm)} radius (pixel values from 0 to 1)`,
          yLabel: 'False-negative rate',
          lines: subgroups.map(({ subgroup, rates }) => ({
            label: subgroup.label,
            model,
            points: [0, ...points].map((index) => ({
              x: conditions[index].epsilon ?? 0,
              xText: conditions[index].epsilonText ?? '0 (clean)',
              y: rates[index].value,
              ...bounds(rates[index]),
            })),
          })),
        }),
      );
  });
}

export function rateTable(measurement: ClassMeasurement): Detail {
  const { conditions, everyone, partitions, model } = measurement;
  const shown = shownConditions(conditions);
  const cells = (rates: readonly Metric[]): Cell[] =>
    shown.flatMap((index): Cell[] => [
      outOf(tallyOf('', rates[index])),
      { metric: rates[index].id, model },
      range(rates[index].interval),
    ]);
  return {
    type: 'table',
    folded: true,
    title: `Misses by subgroup, ${heading(measurement)}`,
    columns: [
      { title: 'Subgroup' },
      { title: 'Value' },
      ...shown.flatMap((index) => {
        const name = seriesName(conditions[index]);
        return [
          { title: `Missed, ${name}`, align: 'right' as const },
          { title: `Rate, ${name}`, align: 'right' as const },
          { title: '95 % interval', align: 'right' as const },
        ];
      }),
    ],
    rows: [
      ['everyone', '', ...cells(everyone)],
      ...partitions.flatMap(({ partition, subgroups, unknown }): Cell[][] => [
        ...subgroups.map(({ subgroup, rates }): Cell[] => [partition.title, subgroup.label, ...cells(rates)]),
        ...(partition.unknown.length === 0
          ? []
          : [
              [
                partition.title,
                '(unknown)',
                ...shown.flatMap((index): Cell[] => {
                  const { count, total } = unknown[index];
                  return [outOf(unknown[index]), total === 0 ? null : percent(count / total), '–'];
                }),
              ],
            ]),
      ]),
    ],
  };
}
