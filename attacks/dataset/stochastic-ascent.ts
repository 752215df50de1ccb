/** Ascent of the mean loss over a data set by seeded mini-batches: how what is made for all examples at once is found. */
import type { FitContext, FitExample, Fitting } from 'proofhouse/plugin';

export interface Ascent {
  steps: number;
  /** Examples of one mini-batch. */
  batch: number;
  /** Mean gradient, at the values reached so far, over some of the examples. */
  gradientOver: (examples: readonly FitExample[]) => Fitting<Float32Array>;
  /** Moves the values; `share` falls linearly from 1 at the first step to near 0 at the last, so that they come to rest. */
  move: (gradient: Float32Array, share: number) => void;
}

/** Every pass over the examples is in another order. */
export function* stochasticAscent(
  { examples, random }: Pick<FitContext, 'examples' | 'random'>,
  { steps, batch, gradientOver, move }: Ascent,
): Fitting<void> {
  let waiting: FitExample[] = [];
  for (let step = 0; step < steps; step++) {
    const taken: FitExample[] = [];
    while (taken.length < Math.min(batch, examples.length)) {
      if (waiting.length === 0) waiting = shuffled(examples, random.fork(`pass before step ${step}`));
      taken.push(waiting.pop() as FitExample);
    }
    move(yield* gradientOver(taken), 1 - step / steps);
  }
}

function shuffled<T>(values: readonly T[], random: FitContext['random']): T[] {
  const order = [...values];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
