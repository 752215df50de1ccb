/** What the harness asks beside the attacks: the final judgement, by the file exactly as shipped. */
import type { Answer, Question } from '../plugin/questions.ts';

/** Logits of each point from an untouched session of the shipped file. */
export interface JudgeQuestion {
  ask: 'judge';
  points: readonly Float32Array[];
}

export type HarnessQuestion = Question | JudgeQuestion;
export type HarnessAsking<T> = Generator<HarnessQuestion, T, Answer>;
export type HarnessOracle = (questions: HarnessQuestion[]) => Promise<Answer[]>;

/** Rows of a batch that a question fills. */
export const rowsOf = (question: HarnessQuestion): number =>
  question.ask === 'gradient' ? question.losses.length : question.points.length;

/** Questions of one kind share a batch. */
export const kindOf = (question: HarnessQuestion): string =>
  question.ask === 'judge' ? 'judge' : `${question.ask === 'gradient' ? 'gradient' : 'scores'} ${question.model ?? ''}`;
