/** What speaks for and against a gap: tables of gaps and of pairs, and the notes that a reader needs beside them. */
import { type Cell, type Detail, katzLogRatio, wilson } from 'proofhouse/plugin';
import { outOf, percent, range } from '../shared/rate.ts';
import { comparePairs, type Gap, type Tally } from './gap.ts';
import { type ClassMeasurement, tallyOf } from './measurement.ts';
import { heading, seriesName, shownConditions } from './rates.ts';

const significance = 0.05;

/** '0.0213', or '2.6e-25' where that is too short. */
export const pText = (p: number) => (p >= 0.0001 ? p.toFixed(4) : p.toExponential(1));

const tallyText = (tally: Tally) => `${tally.label} (${outOf(tally)})`;

function ratioText({ worst, best }: Gap): string {
  const ratio = katzLogRatio(worst, best);
  return ratio === null
    ? 'undefined'
    : `${ratio.ratio.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`;
}

function reading({ test, worst, best }: Gap, minimumPositives: number): string {
  const few = [worst, best].filter(({ total }) => total < minimumPositives).map(({ label }) => label);
  const verdict = test.pValue <= significance ? 'the groups differ' : 'no more than chance may make';
  return few.length === 0 ? verdict : `${verdict}; few positives: ${few.join(', ')}`;
}

export function gapTable(measurement: ClassMeasurement, minimumPositives: number): Detail {
  const { conditions, partitions, model } = measurement;
  return {
    type: 'table',
    title: `Gaps between subgroups, ${heading(measurement)}`,
    columns: [
      { title: 'Subgroups by' },
      { title: 'Under' },
      { title: 'Worst' },
      { title: 'Best' },
      { title: 'Gap', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'Expected of equal groups', align: 'right' },
      { title: 'p (permutation test)', align: 'right' },
      { title: 'Ratio (95 %, Katz)', align: 'right' },
      { title: 'Reading' },
    ],
    rows: partitions.flatMap(({ partition, gaps }) =>
      shownConditions(conditions).map((index): Cell[] => {
        const { gap, difference, pValue, expected } = gaps[index];
        const under = [partition.title, seriesName(conditions[index])];
        if (gap === null)
          return [...under, '–', '–', null, '–', null, null, '–', 'fewer than two groups with positives'];
        return [
          ...under,
          tallyText(gap.worst),
          tallyText(gap.best),
          { metric: difference.id, model },
          range(gap.interval),
          { metric: expected.id, model },
          { metric: pValue.id, model },
          ratioText(gap),
          reading(gap, minimumPositives),
        ];
      }),
    ),
  };
}

const mostPairs = 10;

/** Every two values of a column, compared; of many, those with the strongest evidence. Absent where no column has two groups. */
export function pairTable(measurement: ClassMeasurement): Detail[] {
  const { conditions, partitions } = measurement;
  const rows = partitions
    .filter(({ partition }) => partition.columns.length === 1)
    .flatMap(({ partition, subgroups }) =>
      shownConditions(conditions).flatMap((index): Cell[][] => {
        const pairs = comparePairs(subgroups.map(({ subgroup, rates }) => tallyOf(subgroup.label, rates[index])));
        return pairs
          .slice(0, mostPairs)
          .map(({ first, second, pValue, adjusted }) => [
            partition.title,
            seriesName(conditions[index]),
            tallyText(first),
            tallyText(second),
            pText(pValue),
            pText(adjusted),
            `${pairs.length}`,
          ]);
      }),
    );
  if (rows.length === 0) return [];
  return [
    {
      type: 'table',
      folded: true,
      title: `Subgroups in pairs, ${heading(measurement)}`,
      columns: [
        { title: 'Subgroups by' },
        { title: 'Under' },
        { title: 'One' },
        { title: 'Other' },
        { title: 'p (Fisher, exact)', align: 'right' },
        { title: 'p after Holm', align: 'right' },
        { title: 'Pairs compared', align: 'right' },
      ],
      rows,
    },
  ];
}

/** Groups too small to settle anything, and groups without positives; the same for every model and condition. */
function smallGroups({ className, partitions }: ClassMeasurement, minimumPositives: number): Detail[] {
  const groups = partitions.flatMap(({ partition, subgroups }) =>
    subgroups.map(({ subgroup, rates }) => tallyOf(`${partition.title} ${subgroup.label}`, rates[0])),
  );
  const none = groups.filter(({ total }) => total === 0);
  const few = groups
    .filter(({ total }) => total > 0 && total < minimumPositives)
    .toSorted((first, second) => first.total - second.total);
  const details: Detail[] = [];
  if (few.length > 0) {
    const [{ label, total }] = few;
    const half = wilson({ count: total / 2, total });
    const rest = few.slice(1, 8).map((group) => `${group.label} (${group.total})`);
    const more = few.length > 8 ? ` and ${few.length - 8} more` : '';
    details.push({
      type: 'note',
      level: 'warning',
      text:
        `Fewer than ${minimumPositives} positives of “${className}”: ${label} (${total})${rest.map((text) => `, ${text}`).join('')}${more}. ` +
        `With ${total} ${total === 1 ? 'positive' : 'positives'}, a rate of one half has a 95 % interval of ${range(half)}.`,
    });
  }
  if (none.length > 0) {
    const named = none.slice(0, 8).map((group) => group.label);
    details.push({
      type: 'note',
      level: 'warning',
      text: `No positives of “${className}”: ${named.join(', ')}${none.length > 8 ? ` and ${none.length - 8} more` : ''}. The rate is undefined there, which is not zero.`,
    });
  }
  return details;
}

const saturated = 0.95;

/** Conditions in which nearly everything is missed, so that a small gap says nothing. */
function saturation({ model, className, conditions, everyone }: ClassMeasurement): Detail[] {
  const indices = shownConditions(conditions).filter((index) => (everyone[index].value ?? 0) >= saturated);
  if (indices.length === 0) return [];
  const named = indices.map((index) => `${seriesName(conditions[index])} (${percent(everyone[index].value ?? 0)})`);
  return [
    {
      type: 'note',
      level: 'info',
      text: `${model} misses nearly every “${className}” under ${named.join(', ')}: gaps close there because everyone is missed, not because groups are treated alike.`,
    },
  ];
}

/** `measurements`: one a model, of the same class. */
export function notes(measurements: readonly ClassMeasurement[], minimumPositives: number): Detail[] {
  return [
    ...measurements.slice(0, 1).flatMap((first) => smallGroups(first, minimumPositives)),
    ...measurements.flatMap(saturation),
  ];
}
