/** What the harness asks beside the attacks: the final judgement, by the file exactly as shipped. */
import type { Answer, Question } from '../plugin/questions.ts';

/** Logits of each point from an untouched session of the shipped file. */
export interface JudgeQuestion {
  ask: 'judge';
  points: readonly Float32Array[];
}

export type HarnessQuestion = Question | JudgeQuestion;
/** Asks in the place of the generator that yields it, which then receives its result. */
export interface Call {
  call: HarnessAsking<unknown>;
}

export type HarnessAsking<T> = Generator<HarnessQuestion | Call, T, Answer>;

/** As `yield*`, but each question of a long computation goes straight to it, not through every generator around it. */
export function* called<T>(asking: HarnessAsking<T>): HarnessAsking<T> {
  return (yield { call: asking }) as unknown as T;
}

export type HarnessOracle = (questions: HarnessQuestion[]) => Promise<Answer[]>;

/** Rows of a batch that a question fills. */
export const rowsOf = (question: HarnessQuestion): number =>
  question.ask === 'gradient' ? question.losses.length : question.points.length;

/** Questions of one kind share a batch. */
export function kindOf(question: HarnessQuestion): string {
  if (question.ask === 'judge') return 'judge';
  const kind = question.ask === 'gradient' ? 'gradient' : 'scores';
  return question.model === undefined ? kind : `${kind} ${question.model}`;
}
