/** The door of a run's ONNX models: answers a batch of questions of one kind with as few runs of the engine as it can. */
import type { HarnessOracle, HarnessQuestion, JudgeQuestion } from '../collect/questions.ts';
import { argmax } from '../goal/index.ts';
import type { Answer, DecisionQuestion, GradientQuestion, ScoresQuestion } from '../plugin/questions.ts';
import type { OnnxModel } from './onnx-model.ts';

type PointsQuestion = JudgeQuestion | ScoresQuestion | DecisionQuestion;

const isGradient = (question: HarnessQuestion): question is GradientQuestion => question.ask === 'gradient';

/**
 * The questions of one call are all of one kind (`kindOf`): all gradients, all judgements, or scores and decisions, of one model.
 *
 * @param other another model of the run, by the name that a question gives
 */
export function oracleOf(audited: OnnxModel, other: (name: string) => Promise<OnnxModel>): HarnessOracle {
  return async (questions) => {
    const [first] = questions;
    const named = first.ask === 'judge' ? undefined : first.model;
    const model = named === undefined ? audited : await other(named);
    if (questions.every(isGradient)) return answerGradients(model, questions);
    const asked = questions as PointsQuestion[];
    const points = asked.flatMap((question) => question.points);
    const scores = asked[0].ask === 'judge' ? await model.judge(points) : await model.scores(points);
    let next = 0;
    return asked.map((question): Answer => {
      const own = scores.slice(next, (next += question.points.length));
      return question.ask === 'decision' ? { labels: own.map(argmax) } : { scores: own };
    });
  };
}

async function answerGradients(model: OnnxModel, questions: readonly GradientQuestion[]): Promise<Answer[]> {
  const rows = questions.flatMap(({ point, losses }) => losses.map(({ loss, goal }) => ({ point, loss, goal })));
  const answers = await model.gradients(rows);
  let next = 0;
  return questions.map(({ losses }) => {
    const own = answers.slice(next, (next += losses.length));
    return {
      scores: own[0].scores,
      losses: own.map(({ loss }) => loss),
      gradients: own.map(({ gradient }) => gradient),
    };
  });
}
