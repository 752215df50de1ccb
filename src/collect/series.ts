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
import type { Fitted } from './fit.ts';
import { addQueries, type Judged, judge, noQueries, type Subject } from './judging.ts';
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
  /** What an attack of the series made for this example, by evaluation. */
  fitted: (evaluation: string) => Fitted | undefined;
}

/** Rows of one series, by ascending ε. */
export function* runSeries(subject: Subject, clean: Clean, series: Series, run: Run): HarnessAsking<Judged[]> {
  const goals = goalsFor(series.plan, subject, clean.scores, run.seed);
  // A clean error is a success at distance 0; an image that already has the target class cannot be moved to it.
  if (clean.row.success || goals.length === 0) {
    const row = { ...clean.row, distances: distances(subject.image, subject.image) };
    return series.plan.epsilons.map(({ text }) => ({
      row: { ...row, evaluation: evaluationId(series.plan, text) },
      point: subject.image,
    }));
  }
  const threatAt = (epsilon: number) => threatAround(subject.image, series.plan.norm, epsilon, run.shape);
  function* attemptsAt(evaluation: string, epsilon: number): Attempts {
    const fitted = run.fitted(evaluation);
    if (series.attack.fit !== undefined && fitted === undefined)
      throw new Error(`internal: nothing was made for ${evaluation}`);
    for (const goal of goals) {
      yield {
        goal,
        asking: attempt(subject, {
          attack: series.attack,
          options: series.plan.options,
          surrogate: series.plan.surrogate,
          evaluation,
          purpose: series.plan.target === 'all' && goal.kind === 'reach' ? `attack on ${goal.target}` : 'attack',
          threat: threatAt(epsilon),
          goal,
          cleanScores: clean.scores,
          ...run,
          fitted,
        }),
      };
    }
  }
  return series.attack.budget === 'minimal-norm'
    ? yield* minimalNorm(subject, clean, series.plan, threatAt, attemptsAt)
    : yield* sweep(subject, series.plan, threatAt, attemptsAt);
}

type ThreatAt = (epsilon: number) => Threat;
/** One attempt for each goal, in the order in which they are tried. */
type Attempts = Generator<{ goal: Goal; asking: HarnessAsking<Judged> }, void, void>;
type AttemptsAt = (evaluation: string, epsilon: number) => Attempts;

function* sweep(
  subject: Subject,
  plan: SeriesPlan,
  threatAt: ThreatAt,
  attemptsAt: AttemptsAt,
): HarnessAsking<Judged[]> {
  const results: Judged[] = [];
  let fallen: { judged: Judged; goal: Goal } | undefined;
  for (const { text, value } of plan.epsilons) {
    const evaluation = evaluationId(plan, text);
    if (fallen === undefined) {
      const queries = noQueries();
      let standing: Judged | undefined;
      for (const { goal, asking } of attemptsAt(evaluation, value)) {
        const judged: Judged = yield* asking;
        addQueries(queries, judged.row.queries);
        if (judged.row.success) {
          fallen = { judged, goal };
          break;
        }
        standing ??= judged;
      }
      // Where every goal fails, the point of the first stands for the rest.
      const { row, point } = (fallen?.judged ?? standing) as Judged;
      results.push({ row: { ...row, queries }, point });
    } else {
      const { judged, goal } = fallen;
      const survives8bit: boolean = yield* survivesAt(subject, judged, threatAt(value), goal);
      const row = { ...judged.row, evaluation, survives8bit, queries: noQueries(), carriedFrom: judged.row.evaluation };
      results.push({ row, point: judged.point });
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
  attemptsAt: AttemptsAt,
): HarnessAsking<Judged[]> {
  const first = evaluationId(plan, plan.epsilons[0].text);
  const unbounded = threatAt(Number.POSITIVE_INFINITY);
  const queries = noQueries();
  let found: Judged | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (const { asking } of attemptsAt(first, Number.POSITIVE_INFINITY)) {
    const judged: Judged = yield* asking;
    addQueries(queries, judged.row.queries);
    const reached = judged.row.success ? unbounded.distance(judged.point) : Number.POSITIVE_INFINITY;
    if (found !== undefined && reached >= distance) continue;
    found = judged;
    distance = reached;
  }
  const { row: nearest, point: nearestPoint } = found as Judged;
  // Kept at every ε, so that the rows say how far the nearest point is; absent where there is none.
  const reached = nearest.success ? nearest.distances : undefined;
  const watched = nearest.trace && { trace: nearest.trace };
  return plan.epsilons.map(({ text, value }, i) => {
    const within = reached !== undefined && distance <= value + 1e-6;
    return {
      row: {
        ...(within ? nearest : { ...clean.row, ...(reached && { distances: reached }), ...(i === 0 && watched) }),
        evaluation: evaluationId(plan, text),
        queries: i === 0 ? queries : noQueries(),
        ...(i > 0 && { carriedFrom: first }),
      },
      point: within ? nearestPoint : subject.image,
    };
  });
}

/** What the attack is to achieve, one goal after another; none when the image already has the target class. */
export function goalsFor(
  plan: SeriesPlan,
  { example }: Pick<Subject, 'example'>,
  cleanScores: Float32Array,
  seed: number,
): Goal[] {
  const { label } = example;
  if (plan.target === 'untargeted') return [{ kind: 'leave', classes: [label] }];
  const targets =
    plan.target === 'all'
      ? Array.from(cleanScores.keys()).toSorted((a, b) => cleanScores[b] - cleanScores[a] || a - b)
      : [
          targetFor(plan.target, label, cleanScores, () =>
            createRandom(seed, plan.id, example.id, 'target').integer(cleanScores.length - 1),
          ),
        ];
  return targets.filter((target) => target !== label).map((target) => ({ kind: 'reach', target, from: label }));
}

function targetFor(
  rule: Exclude<SeriesPlan['target'], 'untargeted' | 'all'>,
  label: number,
  cleanScores: Float32Array,
  draw: () => number,
): number {
  if (rule === 'least-likely') return argmax(cleanScores.map((score) => -score));
  if (rule === 'random') {
    const other = draw();
    return other < label ? other : other + 1;
  }
  return rule.class;
}
