/** Two subgroup columns crossed: a heat table of each rate with its n, clean beside the worst case, one model after another. */
import { group } from 'd3-array';
import type { Metric, RunRecord } from 'proofhouse/plugin';
import { casesNoun, inUnit, undefinedText, whole } from '../../format.ts';
import { withoutGroup } from './metrics.ts';
import { type Cell, figure, heading, left, right, type Table, table, UNDEFINED, words } from './table.ts';

/** Shades of the ground, from the best value of a table to its worst; the number says it too. */
const SHADES = 5;
/** Of the smallest groups no cell is shaded: their rates are mostly chance. Of those smaller still no rate is shown. */
const FEWEST = 20;
const TOO_FEW = 10;
const MOST_TABLES = 12;

/** Heat tables of one finding's metrics. */
export function intersectionTables(metrics: readonly Metric[], { models, evaluations }: RunRecord): Table[] {
  const crossed = metrics.filter(({ group: of }) => of !== undefined && Object.keys(of).length === 2);
  const wanted = new Set(
    shownEvaluations(
      crossed,
      evaluations.map(({ id }) => id),
    ),
  );
  const families = group(
    crossed.filter(({ evaluation }) => evaluation !== undefined && wanted.has(evaluation)),
    ({ model, id, group: of = {} }) => JSON.stringify([model, Object.keys(of), withoutGroup(id)]),
  );
  const order = models.map(({ name }) => name);
  return [...families.values()]
    .toSorted((a, b) => order.indexOf(a[0].model) - order.indexOf(b[0].model))
    .slice(0, MOST_TABLES)
    .map(heatTable);
}

/** Clean, and the last worst case: the largest ε of the last norm; without worst cases, the last attack. */
function shownEvaluations(metrics: readonly Metric[], attacks: readonly string[]): string[] {
  const measured = [...new Set(metrics.flatMap(({ evaluation }) => evaluation ?? []))];
  const worst =
    measured.filter((id) => id.startsWith('worst:')).at(-1) ?? measured.filter((id) => attacks.includes(id)).at(-1);
  return ['clean', ...(worst === undefined ? [] : [worst])];
}

function heatTable(metrics: readonly Metric[]): Table {
  const [first] = metrics;
  const [down, across] = Object.keys(first.group ?? {});
  const rows = [...new Set(metrics.map(({ group: of }) => of?.[down] ?? ''))];
  const columns = [...new Set(metrics.map(({ group: of }) => of?.[across] ?? ''))];
  const values = metrics.flatMap(({ value, total = 0 }) => (value === null || total < FEWEST ? [] : [value]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const shade = ({ value, total = 0, better }: Metric) => {
    if (value === null) return null;
    if (total < FEWEST) return 'heat-few';
    // Below a tenth's difference everything is one shade: chance is not to be painted.
    const share = (better === 'lower' ? value - low : high - value) / Math.max(high - low, 0.1);
    return `heat-${Math.min(SHADES, Math.floor(share * SHADES) + 1)}`;
  };
  const cellOf = (metric: Metric | undefined): Cell => {
    if (metric === undefined) return UNDEFINED;
    const { value, unit, total, label } = metric;
    if (value === null) return { ...UNDEFINED, text: undefinedText(total, casesNoun(label)) };
    const masked = total !== undefined && total < TOO_FEW;
    return {
      ...(masked ? { ...UNDEFINED, text: 'too few' } : figure(value, inUnit(value, unit))),
      small: total === undefined ? null : `n = ${whole(total)}`,
      heat: shade(metric),
    };
  };
  const what = withoutGroup(first.id);
  return table(
    `${what} · ${first.model}`,
    [left(`${down} × ${across}`), ...columns.map(right)],
    rows.map((row) => [
      heading(words(row)),
      ...columns.map((column) => cellOf(metrics.find(({ group: of }) => of?.[down] === row && of[across] === column))),
    ]),
  );
}
