/**
 * One attack on one example inside one threat: the attack proposes, its queries are counted, its point is repaired if it left the threat
 * or lies on the wrong side of the boundary by a rounding, and the point is judged as it is and rounded to 8 bits.
 */
import { InputError } from '../errors.ts';
import { achieves, argmax } from '../goal/index.ts';
import type { AttackDefinition, AttackExample, ImageShape } from '../plugin/attack.ts';
import type { Goal } from '../plugin/goal.ts';
import type { Asking, QueryCount, ScoresAnswer } from '../plugin/questions.ts';
import type { Threat } from '../plugin/threat.ts';
import { createRandom } from '../random.ts';
import { distances } from '../threat/box.ts';
import { roundToEightBit } from '../threat/eight-bit.ts';
import { takenAcross } from './across.ts';
import { asking } from './asking.ts';
import type { Fitted } from './fit.ts';
import { describe, type Judged, judge, noQueries, type Subject } from './judging.ts';
import { called, type HarnessAsking, type HarnessQuestion } from './questions.ts';
import { Watch } from './watch.ts';

export interface Attempt {
  attack: AttackDefinition;
  options: unknown;
  /** Model that the attack is made on; undefined: the audited model. */
  surrogate: string | undefined;
  evaluation: string;
  /** What its random numbers are for: attempts of one evaluation on one example differ in this. */
  purpose: string;
  threat: Threat;
  goal: Goal;
  cleanScores: Float32Array;
  shape: ImageShape;
  seed: number;
  /** What the attack made on the other half of the data, if it makes anything. */
  fitted: Fitted | undefined;
}

export function* attempt(subject: Subject, attempted: Attempt): HarnessAsking<Judged> {
  const { attack, options, surrogate, evaluation, purpose, threat, goal, shape, seed, fitted } = attempted;
  const { example, image } = subject;
  const queries = noQueries();
  const watch = new Watch(threat, goal);
  const cleanScores =
    surrogate === undefined
      ? attempted.cleanScores
      : ((yield { ask: 'scores', points: [image], model: surrogate }) as ScoresAnswer).scores[0];
  const given: AttackExample = {
    ...asking(goal, { model: surrogate }),
    image,
    shape,
    label: example.label,
    classes: cleanScores.length,
    cleanScores,
    threat,
    goal,
    random: createRandom(seed, evaluation, example.id, purpose),
    ...(fitted && { fitted: fitted.values }),
    // A point that only just turns the surrogate seldom turns another model: the attack goes on to the largest loss it can reach.
    stop: surrogate === undefined ? 'success' : 'budget',
  };
  let proposal: Float32Array;
  try {
    // The nearest point that turns a surrogate which errs already is the image itself.
    proposal =
      surrogate !== undefined && attack.budget === 'minimal-norm' && achieves(argmax(cleanScores), goal)
        ? image.slice()
        : yield* called(counting(attack.attack(given, options), queries, watch));
    requirePoint(proposal, image.length);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new Error(`the attack '${attack.name}' failed on '${example.id}': ${String(error)}`, { cause: error });
  }
  const { point: proposed, violation } = repaired(proposal, image, threat);
  let point = proposed;
  const judgedAt = (at: Float32Array) => judge(subject, [at, roundToEightBit(image, at, threat)]);
  let [scores, scores8]: Float32Array[] = yield* judgedAt(point);
  if (attack.budget === 'minimal-norm' && surrogate === undefined && !achieves(argmax(scores), goal)) {
    const across = yield* takenAcross(subject, point, threat, goal);
    if (across !== undefined) {
      point = across;
      [scores, scores8] = yield* judgedAt(point);
    }
  }
  const success = achieves(argmax(scores), goal);
  const trace = watch.trace(point, success);
  return {
    row: {
      ...describe(subject, evaluation, scores),
      success,
      survives8bit: success && achieves(argmax(scores8), goal),
      distances: distances(point, image),
      queries,
      ...(fitted && { madeOn: fitted.madeOn }),
      ...(violation !== undefined && { violation }),
      ...(trace && { trace }),
    },
    point,
  };
}

/** Counts a question by its kind. */
export function count(question: HarnessQuestion, queries: QueryCount): void {
  if (question.ask === 'gradient') queries.gradient += question.losses.length;
  else if (question.ask === 'decision') queries.decision += question.points.length;
  else queries.score += question.points.length;
}

/** Passes an attack's questions on, counts them by kind, and lets the answers be watched. */
function* counting<T>(attack: Asking<T>, queries: QueryCount, watch: Watch): HarnessAsking<T> {
  let step = attack.next(undefined as never);
  while (!step.done) {
    const question = step.value;
    count(question, queries);
    const answer = yield question;
    watch.see(question, answer);
    step = attack.next(answer);
  }
  return step.value;
}

function requirePoint(proposal: unknown, length: number): void {
  if (!(proposal instanceof Float32Array) || proposal.length !== length) {
    throw new TypeError(`it must return a Float32Array of ${length} values`);
  }
}

/** The proposal itself if it is in the threat, else its projection and how far the repair moved it (L∞). */
function repaired(
  proposal: Float32Array,
  image: Float32Array,
  threat: Threat,
): { point: Float32Array; violation?: number } {
  if (threat.contains(proposal)) return { point: proposal };
  const finite = proposal.map((value, i) => (Number.isFinite(value) ? value : image[i]));
  const point = finite.slice();
  threat.project(point);
  return { point, violation: distances(point, finite).linf };
}
