/** How accuracy falls as an attack spends its queries: a curve that still falls at its end is of an attack that was stopped too early. */
import { type AuditInput, type Detail, normName, type OutcomeRow, type ThreatName } from 'proofhouse/plugin';
import { type Condition, conditionsOf } from '../shared/condition.ts';
import { stepPoints } from '../shared/steps.ts';

type Line = Extract<Detail, { type: 'steps' }>['lines'][number];

/** An attack that asks less than this of every image has no course to show. */
const fewestQueries = 10;

const asked = ({ queries }: OutcomeRow) => queries.gradient + queries.score + queries.decision;

/**
 * Queries after which each image fell, of those that were right before; what falls at a smaller ε of a sweep is not asked about again.
 *
 * @param sweep conditions of one attack, by ascending ε
 */
function queriesToFall(
  sweep: readonly Condition[],
  rows: readonly (readonly OutcomeRow[])[],
  clean: Condition,
): number[] {
  return Array.from(clean.wrong.keys()).flatMap((example) => {
    const first = sweep.findIndex(({ wrong }) => wrong[example] === 1);
    if (first === -1 || clean.wrong[example] === 1) return [];
    return rows.slice(0, first + 1).reduce((sum, ofEpsilon) => sum + asked(ofEpsilon[example]), 0);
  });
}

function lineOf(input: AuditInput, model: string, sweep: readonly Condition[], clean: Condition): Line[] {
  const { seriesLabel, epsilonText } = sweep[sweep.length - 1];
  const rows = sweep.map(({ id }) => input.rows(model, id) ?? []);
  if (!rows.flat().some((row) => asked(row) >= fewestQueries)) return [];
  const total = clean.wrong.length;
  const right = clean.wrong.reduce((sum, wrong) => sum - wrong, total);
  const fell = queriesToFall(sweep, rows, clean).toSorted((a, b) => a - b);
  return [
    {
      label: `${seriesLabel}, ${epsilonText}`,
      model,
      start: right / total,
      points: stepPoints(fell, (fallen) => (right - fallen) / total),
    },
  ];
}

/** One chart a norm, one line a model and attack; none for attacks that run once for all ε, or ask nothing about the image itself. */
export function convergenceDetails(input: AuditInput): Detail[] {
  const apart = new Set(
    input.evaluations.filter(({ budget, fitted }) => budget !== undefined || fitted === true).map(({ id }) => id),
  );
  const byNorm = new Map<ThreatName, Line[]>();
  for (const model of input.models) {
    const [clean, ...conditions] = conditionsOf(input, model);
    const attacks = conditions.filter(({ id, kind }) => kind === 'attack' && !apart.has(id));
    for (const series of new Set(attacks.map((attack) => attack.series))) {
      const sweep = attacks.filter((attack) => attack.series === series);
      const { norm } = sweep[0];
      if (norm !== undefined) byNorm.set(norm, [...(byNorm.get(norm) ?? []), ...lineOf(input, model, sweep, clean)]);
    }
  }
  const charts = [...byNorm].flatMap(([norm, lines]): Detail[] =>
    lines.some(({ points }) => points.length > 0)
      ? [
          {
            type: 'steps',
            title: `Accuracy as queries are spent, ${normName(norm)}`,
            xLabel: 'Queries for one image',
            yLabel: 'Accuracy',
            scale: 'log',
            lines,
          },
        ]
      : [],
  );
  if (charts.length === 0) return [];
  return [
    ...charts,
    {
      type: 'note',
      level: 'info',
      text:
        'Queries for gradients, scores and labels count alike, and are summed over the ε of a sweep: a curve may fall anew where a larger ε begins. ' +
        'One that still falls at its right end belongs to an attack that was stopped too early, and would find more with more steps or queries.',
    },
  ];
}
