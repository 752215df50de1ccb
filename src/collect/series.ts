/** One attack over its ε. A fixed-ε attack goes on only with what smaller ε left standing; a minimal-norm attack runs once for all. */
import type { SeriesPlan } from '../config/plan.ts';
import { achieves, argmax } from '../goal/index.ts';
import type { AttackDefinition, ImageShape } from '../plugin/attack.ts';
import type { Goal } from '../plugin/goal.ts';
import type { OutcomeRow } from '../plugin/outcome.ts';
import type { Threat } from '../plugin/threat.ts';
import { createRandom } from '../random.ts';
import { distances } from '../threat/box.ts';
import { roundToEightBit } from '../threat/eight-bit.ts';
import { threatAround } from '../threat/index.ts';
import { attempt } from './attempt.ts';
import { type Judged, judge, noQueries, type Subject } from './judging.ts';
import type { HarnessAsking } from './questions.ts';

/** A series of the plan with the plugin that carries it out. */
export interface Series {
  plan: SeriesPlan;
  attack: AttackDefinition;
}

export const evaluationId = (series: SeriesPlan, epsilonText: string): string => `${series.id}:${epsilonText}`;

/** The series that a model meets: an attack that is made on it is judged on the others only. */
export const seriesOn = <Plan extends Pick<SeriesPlan, 'surrogate'>>(model: string, series: readonly Plan[]): Plan[] =>
  series.filter(({ surrogate }) => surrogate !== model);

interface Clean {
  row: OutcomeRow;
  scores: Float32Array;
}

interface Run {
  seed: number;
  shape: ImageShape;
}

/** Rows of one series, by ascending ε. */
export function* runSeries(subject: Subject, clean: Clean, series: Series, run: Run): HarnessAsking<Judged[]> {
  const goal = goalFor(series.plan, subject, clean.scores, run.seed);
  // A clean error is a success at distance 0; an image that already has the target class cannot be moved to it.
  if (clean.row.success || goal === undefined) {
    const row = { ...clean.row, distances: distances(subject.image, subject.image) };
    return series.plan.epsilons.map(({ text }) => ({
      row: { ...row, evaluation: evaluationId(series.plan, text) },
      point: subject.image,
    }));
  }
  const threatAt = (epsilon: number) => threatAround(subject.image, series.plan.norm, epsilon, run.shape);
  const attemptAt = (evaluation: string, epsilon: number) =>
    attempt(subject, {
      attack: series.attack,
      options: series.plan.options,
      surrogate: series.plan.surrogate,
      evaluation,
      threat: threatAt(epsilon),
      goal,
      cleanScores: clean.scores,
      ...run,
    });
  return series.attack.budget === 'minimal-norm'
    ? yield* minimalNorm(subject, clean, series.plan, threatAt, attemptAt)
    : yield* sweep(subject, series.plan, goal, threatAt, attemptAt);
}

type ThreatAt = (epsilon: number) => Threat;
type AttemptAt = (evaluation: string, epsilon: number) => HarnessAsking<Judged>;

function* sweep(
  subject: Subject,
  plan: SeriesPlan,
  goal: Goal,
  threatAt: ThreatAt,
  attemptAt: AttemptAt,
): HarnessAsking<Judged[]> {
  const results: Judged[] = [];
  let fallen: Judged | undefined;
  for (const { text, value } of plan.epsilons) {
    const evaluation = evaluationId(plan, text);
    if (fallen === undefined) {
      const judged: Judged = yield* attemptAt(evaluation, value);
      results.push(judged);
      if (judged.row.success) fallen = judged;
    } else {
      const survives8bit: boolean = yield* survivesAt(subject, fallen, threatAt(value), goal);
      const row = { ...fallen.row, evaluation, survives8bit, queries: noQueries(), carriedFrom: fallen.row.evaluation };
      results.push({ row, point: fallen.point });
    }
  }
  return results;
}

/** Whether a point that fell at a smaller ε survives 8 bits at this one: a wider ball leaves more room to round. */
function* survivesAt(subject: Subject, { row, point }: Judged, threat: Threat, goal: Goal): HarnessAsking<boolean> {
  if (row.survives8bit) return true;
  const [scores] = yield* judge(subject, [roundToEightBit(subject.image, point, threat)]);
  return achieves(argmax(scores), goal);
}

/** One unbounded attempt; at each ε its point counts if it is near enough, and the clean image stands otherwise. */
function* minimalNorm(
  subject: Subject,
  clean: Clean,
  plan: SeriesPlan,
  threatAt: ThreatAt,
  attemptAt: AttemptAt,
): HarnessAsking<Judged[]> {
  const first = evaluationId(plan, plan.epsilons[0].text);
  const found = yield* attemptAt(first, Number.POSITIVE_INFINITY);
  // Kept at every ε, so that the rows say how far the nearest point is; absent where there is none.
  const reached = found.row.success ? found.row.distances : undefined;
  const watched = found.row.trace && { trace: found.row.trace };
  const distance = threatAt(Number.POSITIVE_INFINITY).distance(found.point);
  return plan.epsilons.map(({ text, value }, i) => {
    const within = reached !== undefined && distance <= value + 1e-6;
    return {
      row: {
        ...(within ? found.row : { ...clean.row, ...(reached && { distances: reached }), ...(i === 0 && watched) }),
        evaluation: evaluationId(plan, text),
        queries: i === 0 ? found.row.queries : noQueries(),
        ...(i > 0 && { carriedFrom: first }),
      },
      point: within ? found.point : subject.image,
    };
  });
}

/** What the attack is to achieve; undefined when the image already has the target class. */
function goalFor(plan: SeriesPlan, { example }: Subject, cleanScores: Float32Array, seed: number): Goal | undefined {
  const { label } = example;
  if (plan.target === 'untargeted') return { kind: 'leave', classes: [label] };
  const target = targetFor(plan, label, cleanScores, () =>
    createRandom(seed, plan.id, example.id, 'target').integer(cleanScores.length - 1),
  );
  return target === label ? undefined : { kind: 'reach', target, from: label };
}

function targetFor(plan: SeriesPlan, label: number, cleanScores: Float32Array, draw: () => number): number {
  if (plan.target === 'least-likely') return argmax(cleanScores.map((score) => -score));
  if (plan.target === 'random') {
    const other = draw();
    return other < label ? other : other + 1;
  }
  return (plan.target as { class: number }).class;
}
