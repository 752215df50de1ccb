/**
 * The conditions under which a model is measured: clean, each attack at each ε, and the worst case over attacks. For every example
 * a condition says whether the model gets it wrong; rates of any part of the data follow by counting.
 */
import {
  type AuditInput,
  type Evaluation,
  falls,
  type Norm,
  normName,
  type OutcomeRow,
  type ThreatName,
  worstCases,
} from 'proofhouse/plugin';

export interface Condition {
  /** 'clean', an evaluation's id, or the worst case of a norm and ε: 'worst:linf:8/255'. What metric ids carry after their '@'. */
  id: string;
  /** For people, to follow "under": 'Projected gradient descent, L∞ 8/255'. */
  label: string;
  kind: 'clean' | 'attack' | 'worst';
  /** Names the line over ε that this condition is a point of: 'pgd:linf', 'worst:linf'. */
  series: string;
  seriesLabel: string;
  norm?: ThreatName;
  epsilon?: number;
  epsilonText?: string;
  /** By example, in the order of the input's examples: 1 where it is misclassified, clean or after the attack. */
  wrong: Uint8Array;
  /** 1 where the attack reached its goal (for the worst case: where any attack made the model wrong); clean errors included. */
  success: Uint8Array;
  /** 1 where that success still holds after rounding to 8 bits. */
  survives8bit: Uint8Array;
}

/** Whether a threat is a ball of pixel differences, and no family. */
export const isBall = (threat: ThreatName): threat is Norm => threat !== 'rotation-translation' && threat !== 'patch';

/** What ε counts, for the axis of a chart. */
export function epsilonName(norm: ThreatName): string {
  if (norm === 'rotation-translation') return 'ε, share of the largest transform (30°, and 3/32 of each side)';
  if (norm === 'patch') return 'ε, share of the image that one square covers';
  return `ε, ${normName(norm)} radius (pixel values from 0 to 1)`;
}

const flags = (rows: readonly OutcomeRow[], holds: (row: OutcomeRow, index: number) => boolean) =>
  Uint8Array.from(rows, (row, index) => (holds(row, index) ? 1 : 0));

const wrongPrediction = (row: OutcomeRow) => row.prediction !== row.label;

function attacked(evaluation: Evaluation, rows: readonly OutcomeRow[], clean: readonly OutcomeRow[]): Condition {
  const { id, title, norm, epsilon, epsilonText } = evaluation;
  // Titles may name the budget themselves; a line over ε must not.
  const budget = norm === undefined || epsilonText === undefined ? '' : `, ${normName(norm)} ${epsilonText}`;
  const seriesLabel = title.endsWith(budget) ? title.slice(0, title.length - budget.length) : title;
  const suffix = `:${epsilonText}`;
  return {
    id,
    label: `${seriesLabel}${budget}`,
    kind: 'attack',
    series: id.endsWith(suffix) ? id.slice(0, -suffix.length) : id,
    seriesLabel,
    ...(norm !== undefined && { norm }),
    ...(epsilon !== undefined && { epsilon }),
    ...(epsilonText !== undefined && { epsilonText }),
    wrong: flags(rows, (row, index) => falls(row, clean[index])),
    success: flags(rows, (row, index) => wrongPrediction(clean[index]) || row.success),
    survives8bit: flags(rows, (row) => row.survives8bit),
  };
}

/** The ids of all conditions that a run can have, whatever its models meet. */
export function conditionIds(evaluations: readonly Evaluation[]): string[] {
  const attacks = evaluations.filter(({ attack }) => attack !== 'clean');
  return ['clean', ...attacks.map(({ id }) => id), ...worstCases(attacks).map(({ id }) => id)];
}

const anyOf = (members: readonly Uint8Array[]) =>
  Uint8Array.from(members[0], (_, index) => (members.some((member) => member[index] === 1) ? 1 : 0));

function worstOf(evaluations: readonly Evaluation[], attacks: readonly Condition[]): Condition[] {
  return worstCases(evaluations).map(({ id, norm, epsilon, epsilonText, members }) => {
    const among = attacks.filter((attack) => members.includes(attack.id));
    const wrong = anyOf(among.map((member) => member.wrong));
    return {
      id,
      label: `the worst case over attacks, ${normName(norm)} ${epsilonText}`,
      kind: 'worst',
      series: `worst:${norm}`,
      seriesLabel: 'Worst case over attacks',
      norm,
      epsilon,
      epsilonText,
      wrong,
      success: wrong,
      survives8bit: anyOf(among.map((member) => member.survives8bit)),
    };
  });
}

/** Clean first, then attacks in the plan's order, then worst cases; only what was run on this model. */
export function conditionsOf(input: AuditInput, model: string): Condition[] {
  const clean = input.rows(model, 'clean');
  if (clean === undefined) return [];
  const run = input.evaluations.filter(({ id }) => id !== 'clean' && input.rows(model, id) !== undefined);
  const attacks = run.map((evaluation) => attacked(evaluation, input.rows(model, evaluation.id) ?? [], clean));
  const wrong = flags(clean, wrongPrediction);
  return [
    {
      id: 'clean',
      label: 'no attack',
      kind: 'clean',
      series: 'clean',
      seriesLabel: 'Clean',
      wrong,
      success: wrong,
      survives8bit: wrong,
    },
    ...attacks,
    ...worstOf(run, attacks),
  ];
}
