/** Who the model fails: false-negative rates by subgroup, clean and under attack, with the evidence for every gap. */
import {
  type AuditInput,
  type AuditPlan,
  type Cell,
  type Detail,
  defineAudit,
  InputError,
  suggest,
  z,
} from 'proofhouse/plugin';
import { conditionIds, conditionsOf } from './shared/condition.ts';
import { partitionsOf } from './shared/partition.ts';
import { outOf, percent } from './shared/rate.ts';
import { gapTable, notes, pairTable, pText } from './subgroup-fnr/evidence.ts';
import { type ClassMeasurement, measureClass, metricsOf, tallyOf } from './subgroup-fnr/measurement.ts';
import { declaredMetrics, type Positive } from './subgroup-fnr/metric-ids.ts';
import { curves, forest, rateTable, seriesName, shownConditions } from './subgroup-fnr/rates.ts';

const options = z.strictObject({
  positive: z
    .string()
    .optional()
    .describe('class whose misses count, by name; absent: every class in turn against the rest'),
  columns: z.array(z.string()).optional().describe('subgroup columns to compare; absent: all'),
  minimumPositives: z.int().positive().default(20).describe('a subgroup with fewer positives is marked as small'),
});
type Options = z.infer<typeof options>;

/** With more classes than this, plots and tables are drawn for those with the strongest evidence of a gap. */
const mostDetailed = 4;

function positivesOf({ classes }: AuditPlan, { positive }: Options): Positive[] {
  if (positive === undefined) return classes.map((className) => ({ className, oneVsRest: true }));
  if (!classes.includes(positive))
    throw new InputError(
      `subgroup-fnr: there is no class ${JSON.stringify(positive)} for its option "positive".${suggest(positive, classes)}`,
      'Name one of the classes, or leave "positive" out to take each class in turn.',
    );
  return [{ className: positive, oneVsRest: false }];
}

/** Indices of the examples of the class. */
function casesOf({ classes, examples }: AuditPlan, { className }: Positive): Set<number> {
  const positive = classes.indexOf(className);
  return new Set(examples.flatMap(({ label }, index) => (label === positive ? [index] : [])));
}

function columnsOf({ groupColumns }: AuditPlan, { columns }: Options): string[] {
  for (const column of columns ?? [])
    if (!groupColumns.includes(column))
      throw new InputError(
        `subgroup-fnr: there is no subgroup column ${JSON.stringify(column)} for its option "columns".${suggest(column, groupColumns)}`,
        'Name subgroup columns of the manifest, or leave "columns" out to take them all.',
      );
  return [...new Set(columns ?? groupColumns)];
}

/** Smallest permutation p over single columns and shown conditions; 1 where nothing could be tested. */
function strongestEvidence({ conditions, partitions }: ClassMeasurement): number {
  const pValues = partitions
    .filter(({ partition }) => partition.columns.length === 1)
    .flatMap(({ gaps }) => shownConditions(conditions).map((index) => gaps[index].gap?.test.pValue ?? 1));
  return Math.min(1, ...pValues);
}

/** One line a model and class: what a reader with many classes looks at first. */
function classTable(measurements: readonly ClassMeasurement[]): Detail {
  // Models may have met different attacks: the columns are the conditions of all.
  const shown = new Map(
    measurements.flatMap(({ conditions }) =>
      shownConditions(conditions).map((index) => [conditions[index].id, conditions[index]]),
    ),
  );
  return {
    type: 'table',
    title: 'Misses by class',
    columns: [
      { title: 'Model' },
      { title: 'Class' },
      ...[...shown.values()].flatMap((condition) => [
        { title: `Missed, ${seriesName(condition)}`, align: 'right' as const },
        { title: `Rate, ${seriesName(condition)}`, align: 'right' as const },
      ]),
      { title: 'Smallest p of a gap', align: 'right' },
    ],
    rows: measurements.map((measurement): Cell[] => [
      measurement.model,
      measurement.className,
      ...[...shown.keys()].flatMap((id): Cell[] => {
        const metric = measurement.everyone.find(({ evaluation }) => evaluation === id);
        return metric === undefined
          ? ['–', null]
          : [outOf(tallyOf('', metric)), { metric: metric.id, model: metric.model }];
      }),
      measurement.partitions.length === 0 ? '–' : pText(strongestEvidence(measurement)),
    ]),
  };
}

/** What stands out about one class of one model, clean and under the worst attack at the largest ε. */
function sentence({ model, className, conditions, everyone, partitions }: ClassMeasurement): string {
  const clean = tallyOf('', everyone[0]);
  if (clean.total === 0) return `${model}: there is no example of “${className}”, so that its misses are undefined.`;
  const last = shownConditions(conditions).at(-1) ?? 0;
  const attacked =
    last === 0 ? '' : `, and ${percent(everyone[last].value ?? 0)} in the ${seriesName(conditions[last])}`;
  const columns = partitions.filter(({ partition }) => partition.columns.length === 1);
  const gaps = columns.flatMap(({ partition, gaps: [{ gap }] }) => (gap === null ? [] : [{ partition, gap }]));
  const [strongest] = gaps.toSorted((first, second) => first.gap.test.pValue - second.gap.test.pValue);
  const told = strongest
    ? ` Clean, its clearest gap is by ${strongest.partition.title}: ${strongest.gap.worst.label} is missed ${(100 * strongest.gap.value).toFixed(1)} points ` +
      `more often than ${strongest.gap.best.label} (p = ${pText(strongest.gap.test.pValue)}; equal groups would show ${(100 * strongest.gap.test.expectedGap).toFixed(1)}).`
    : '';
  return `${model} misses ${percent(everyone[0].value ?? 0)} of “${className}” (${outOf(clean)})${attacked}.${told}`;
}

function summarise(input: AuditInput, measurements: readonly ClassMeasurement[]): string {
  return input.models
    .flatMap((model) => {
      // Of several classes, the one most missed without any attack.
      const [most] = measurements
        .filter((measurement) => measurement.model === model)
        .toSorted((first, second) => (second.everyone[0].value ?? -1) - (first.everyone[0].value ?? -1));
      return most === undefined ? [] : [sentence(most)];
    })
    .join(' ');
}

function explanation(columns: readonly string[]): Detail {
  return {
    type: 'note',
    level: 'info',
    text:
      columns.length === 0
        ? 'The data names no subgroups, so that nothing can be said of gaps. Add subgroup columns to the manifest.'
        : 'A positive counts as missed under an attack when it is misclassified after it or was so before. The largest gap of several small groups is large ' +
          'by chance alone: read it beside the gap expected of equal groups, and the permutation test (labels shuffled among positives 9,999 times, χ²). ' +
          'The gap’s interval allows for the choice of the worst and the best group (Newcombe at a Bonferroni-corrected confidence). ' +
          'p-values are corrected within the pairs of one column (Holm), not over columns, classes or attacks.',
  };
}

export default defineAudit({
  name: 'subgroup-fnr',
  title: 'False-negative rates by subgroup',
  reference: 'Newcombe 1998, Stat. Med. 17:857 and 17:873; Lum, Zhang & Bower 2022, arXiv:2205.05770; Holm 1979',
  description:
    'How often positives are missed, for every value of every subgroup column and every two columns together, clean and under each attack, with counts, intervals and tests.',
  options,
  metrics(plan, chosen) {
    const conditions = conditionIds(plan.evaluations);
    const partitions = partitionsOf(plan.examples, columnsOf(plan, chosen));
    return positivesOf(plan, chosen).flatMap((positive) =>
      declaredMetrics(positive, casesOf(plan, positive), conditions, partitions),
    );
  },
  measure(input, chosen) {
    const columns = columnsOf(input, chosen);
    const partitions = partitionsOf(input.examples, columns);
    const conditions = new Map(input.models.map((model) => [model, conditionsOf(input, model)] as const));
    const byClass = positivesOf(input, chosen).map((positive) => {
      const positives = casesOf(input, positive);
      return [...conditions].flatMap(([model, ofModel]) =>
        ofModel.length === 0 ? [] : [measureClass({ ...positive, model }, positives, ofModel, partitions)],
      );
    });
    const all = byClass.flat();
    const detailed = new Set(
      byClass
        .toSorted(
          (first, second) => Math.min(...first.map(strongestEvidence)) - Math.min(...second.map(strongestEvidence)),
        )
        .slice(0, mostDetailed),
    );
    const details: Detail[] = [];
    if ((byClass.length > 1 || columns.length === 0) && all.length > 0) details.push(classTable(all));
    if (columns.length > 0)
      for (const measurements of byClass.filter((each) => detailed.has(each))) {
        for (const measurement of measurements)
          details.push(
            forest(measurement, chosen.minimumPositives),
            ...curves(measurement),
            rateTable(measurement),
            gapTable(measurement, chosen.minimumPositives),
            ...pairTable(measurement),
          );
        details.push(...notes(measurements, chosen.minimumPositives));
      }
    if (columns.length > 0 && byClass.length > mostDetailed)
      details.push({
        type: 'note',
        level: 'info',
        text: `Plots and tables are drawn for the ${mostDetailed} classes with the strongest evidence of a gap; the metrics hold all ${byClass.length}.`,
      });
    details.push(explanation(columns));
    return {
      audit: 'subgroup-fnr',
      title: 'False-negative rates by subgroup',
      summary: summarise(input, all),
      metrics: all.flatMap(metricsOf),
      details,
    };
  },
});
