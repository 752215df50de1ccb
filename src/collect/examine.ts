/** Everything that is asked about one example of one model, as one generator: the clean judgement, then each attack over its ε. */
import type { ImageShape } from '../plugin/attack.ts';
import { type ExampleRow, MODEL_PROBE, type OutcomeRow } from '../plugin/outcome.ts';
import type { Fitted } from './fit.ts';
import type { Half } from './halves.ts';
import { judgeClean } from './judging.ts';
import { probeModel } from './probe.ts';
import type { HarnessAsking } from './questions.ts';
import { runSeries, type Series } from './series.ts';

export interface ExamineContext {
  model: string;
  series: readonly Series[];
  seed: number;
  shape: ImageShape;
  /** What attacks made on one half of the data for the other. */
  fitted?: readonly Fitted[];
  /** Whether to ask the model itself where that part is not done, and whether it has a gradient. */
  modelProbe?: { gradient: boolean };
}

/** Rows of one example that become known together: 'clean', or one series. */
export interface Portion {
  example: string;
  /** 'clean', a series id or the model probe. */
  part: string;
  rows: OutcomeRow[];
}

export interface ExamineHooks {
  /** Parts that an earlier run already finished. */
  done: (part: string) => boolean;
  emit: (portion: Portion) => void;
  /** Shows each judged point; used to draw the gallery. */
  observe?: ((evaluation: string, point: Float32Array) => void) | undefined;
}

export function* examine(
  { model, series, seed, shape, fitted, modelProbe }: ExamineContext,
  example: Pick<ExampleRow, 'id' | 'label'> & { half?: Half | undefined },
  image: Float32Array,
  { done, emit, observe }: ExamineHooks,
): HarnessAsking<void> {
  const pending = series.filter(({ plan }) => !done(plan.id));
  const probing = modelProbe !== undefined && !done(MODEL_PROBE);
  if (pending.length === 0 && !probing && done('clean')) return;
  const subject = { model, example, image };
  const clean = yield* judgeClean(subject);
  if (!done('clean')) emit({ example: example.id, part: 'clean', rows: [clean.row] });
  observe?.('clean', image);
  if (probing) {
    const row = yield* probeModel(subject, clean.row, modelProbe.gradient, seed);
    emit({ example: example.id, part: MODEL_PROBE, rows: [row] });
  }
  for (const one of pending) {
    const judged = yield* runSeries(subject, clean, one, {
      seed,
      shape,
      fitted: (evaluation) =>
        fitted?.find((made) => made.evaluation === evaluation && made.madeOn.half !== example.half),
    });
    for (const { row, point } of judged) observe?.(row.evaluation, point);
    emit({ example: example.id, part: one.plan.id, rows: judged.map(({ row }) => row) });
  }
}
