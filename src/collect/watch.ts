/**
 * Watches what an attack asks and is answered, for the signs that it fails rather than the model resists: Indicators of Attack
 * Failure (Pintor et al. 2022, arXiv:2106.09947) that need no help from the attack.
 */
import { achieves, argmax } from '../goal/index.ts';
import type { Goal } from '../plugin/goal.ts';
import type { Trace } from '../plugin/outcome.ts';
import type { Answer, DecisionAnswer, GradientAnswer, ScoresAnswer } from '../plugin/questions.ts';
import type { Threat } from '../plugin/threat.ts';
import { largestMagnitude } from '../threat/interval.ts';
import type { HarnessQuestion } from './questions.ts';

/** Gradients at the end of a path over which the best loss should no longer rise. */
const LAST = 10;

export class Watch {
  readonly #threat: Threat;
  readonly #goal: Goal;
  /** Sums of the points that achieved the goal inside the threat: enough to know one of them again. */
  readonly #achieved = new Set<number>();
  #zero = 0;
  #nonFinite = 0;
  /** The path of one loss: its range, and the running best at each gradient. */
  #loss = '';
  #least = 0;
  #best: number[] = [];

  constructor(threat: Threat, goal: Goal) {
    this.#threat = threat;
    this.#goal = goal;
  }

  see(question: HarnessQuestion, answer: Answer): void {
    if (question.ask === 'judge' || question.model !== undefined) return;
    if (question.ask === 'decision') {
      for (const [i, label] of (answer as DecisionAnswer).labels.entries()) this.#point(question.points[i], label);
    } else if (question.ask === 'scores') {
      for (const [i, row] of (answer as ScoresAnswer).scores.entries()) this.#point(question.points[i], argmax(row));
    } else {
      const { scores, losses, gradients } = answer as GradientAnswer;
      this.#point(question.point, argmax(scores));
      for (const gradient of gradients) this.#gradient(gradient);
      const [{ loss }] = question.losses;
      if (losses.length === 1) this.#step(typeof loss === 'string' ? loss : loss.name, losses[0]);
    }
  }

  /** What there is to say once the returned point is judged. */
  trace(point: Float32Array, success: boolean): Trace | undefined {
    const trace: Trace = {};
    if (!success && this.#achieved.size > 0) {
      if (this.#achieved.has(sum(point))) trace.disagreed = true;
      else trace.passedOver = true;
    }
    if (this.#zero > 0) trace.zeroGradients = this.#zero;
    if (this.#nonFinite > 0) trace.nonFiniteGradients = this.#nonFinite;
    const late = this.#lateProgress();
    if (!success && Number.isFinite(this.#threat.epsilon) && late !== undefined) trace.lateProgress = late;
    return Object.keys(trace).length === 0 ? undefined : trace;
  }

  #point(point: Float32Array, label: number): void {
    if (achieves(label, this.#goal) && this.#threat.contains(point)) this.#achieved.add(sum(point));
  }

  #gradient(gradient: Float32Array): void {
    const most = largestMagnitude(gradient);
    if (most === 0) this.#zero++;
    if (!Number.isFinite(most)) this.#nonFinite++;
  }

  #step(loss: string, value: number): void {
    if (loss !== this.#loss || this.#best.length === 0) {
      this.#loss = loss;
      this.#least = value;
      this.#best = [value];
    } else {
      this.#least = Math.min(this.#least, value);
      this.#best.push(Math.max(this.#best[this.#best.length - 1], value));
    }
  }

  /** Undefined for a path of one step or of one value, which says nothing. */
  #lateProgress(): number | undefined {
    const { length } = this.#best;
    const most = this.#best[length - 1];
    if (length < 2 || !(most - this.#least > 0)) return undefined;
    return Number(((most - this.#best[Math.max(0, length - LAST)]) / (most - this.#least)).toPrecision(4));
  }
}

function sum(point: Float32Array): number {
  let total = 0;
  for (let i = 0; i < point.length; i++) total += point[i];
  return total;
}
