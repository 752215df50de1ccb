/** What the checks look at: one model's rows by evaluation, as sets of the examples that fell. */
import type { AuditInput, Evaluation, ModelProbe, OutcomeRow, ThreatName } from 'proofhouse/plugin';

/** One attack at one ε on one model. */
export interface Attacked {
  id: string;
  attack: string;
  access: string;
  /** 'untargeted' or a target rule. */
  goal: string;
  /** Made on another model, or on other images. */
  transferred: boolean;
  norm: ThreatName;
  epsilon: number;
  epsilonText: string;
  /** Id without its ε. */
  series: string;
  options: Record<string, unknown>;
  /** Examples that took part, wrong clean ones included. */
  asked: number;
  /** Rows of the examples that took part and are classified correctly clean, by example. */
  rows: ReadonlyMap<string, OutcomeRow>;
  /** Those of them that fell: that a targeted attack moved to any wrong class, its target or another. */
  fell: ReadonlySet<string>;
}

export interface View {
  model: string;
  classes: number;
  /** Every example, and whether it is classified correctly clean. */
  correct: ReadonlyMap<string, boolean>;
  /** Untargeted, over all examples. */
  attacks: Attacked[];
  /** Towards a target class, over all examples. */
  targeted: Attacked[];
  /** Over a part of the examples, asked for by this audit. */
  probes: Attacked[];
  /** The model's own answers, by example; undefined where nothing asked for them. */
  answers: ReadonlyMap<string, ModelProbe> | undefined;
  /** Evaluations of every goal, targeted ones too, by id. */
  allRows: readonly { evaluation: Evaluation; rows: readonly OutcomeRow[] }[];
}

/** Undefined where the model was not evaluated at all. */
export function viewOf(input: AuditInput, model: string): View | undefined {
  const clean = input.rows(model, 'clean');
  if (clean === undefined) return undefined;
  const correct = new Map(clean.map(({ example, success }) => [example, !success]));
  const attacked = (evaluation: Evaluation, sparse: readonly (OutcomeRow | undefined)[] | undefined): Attacked[] => {
    const {
      id,
      attack,
      norm,
      epsilon,
      epsilonText,
      access = '',
      goal = 'untargeted',
      surrogate,
      fitted,
      options = {},
    } = evaluation;
    if (sparse === undefined || norm === undefined || epsilon === undefined || epsilonText === undefined) return [];
    const rows = new Map(
      sparse.flatMap((row) => (row !== undefined && correct.get(row.example) ? [[row.example, row] as const] : [])),
    );
    const fell = new Set(
      [...rows]
        .filter(([, row]) => (goal === 'untargeted' ? row.success : row.prediction !== row.label))
        .map(([example]) => example),
    );
    const series = id.slice(0, -epsilonText.length - 1);
    const transferred = surrogate !== undefined || fitted === true;
    const asked = sparse.filter((row) => row !== undefined).length;
    return [{ asked, goal, id, attack, access, transferred, norm, epsilon, epsilonText, series, options, rows, fell }];
  };
  const answers = input.probes.model(model);
  const all = input.evaluations.flatMap((evaluation) => attacked(evaluation, input.rows(model, evaluation.id)));
  return {
    model,
    classes: input.classes.length,
    correct,
    attacks: all.filter(({ goal }) => goal === 'untargeted'),
    targeted: all.filter(({ goal }) => goal !== 'untargeted'),
    probes: input.probes.evaluations.flatMap((evaluation) =>
      attacked(evaluation, input.probes.rows(model, evaluation.id)),
    ),
    answers:
      answers &&
      new Map(answers.flatMap((answer, i) => (answer === undefined ? [] : [[input.examples[i].id, answer] as const]))),
    allRows: input.evaluations.flatMap((evaluation) => {
      const rows = evaluation.attack === 'clean' ? undefined : input.rows(model, evaluation.id);
      return rows === undefined ? [] : [{ evaluation, rows }];
    }),
  };
}

/** One step along the gradient: the least that an iterative attack must reach. */
export const oneStep = 'fgsm';

export const isWhiteBox = ({ access }: Attacked) => access === 'gradient';
export const isIterative = (attacked: Attacked) => isWhiteBox(attacked) && attacked.attack !== oneStep;

/** The attacks of one norm whose points are inside the ball of this one: at its ε or a smaller one. */
export const within = (others: readonly Attacked[], { norm, epsilon }: Attacked) =>
  others.filter((other) => other.norm === norm && other.epsilon <= epsilon);
