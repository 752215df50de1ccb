/** What is said of a training that has ended: why, and where it has learnt nothing. */
import type { EpochRecord, TrainingRecord } from '../plugin/training-record.ts';
import { earlyEndOf, type Fit } from './fit.ts';
import type { HeldOut } from './guard.ts';
import type { TrainingState } from './state.ts';

export function endOf(run: Fit, state: TrainingState): TrainingRecord['end'] {
  const { plan } = run;
  const { curves, best } = state;
  const kept = `epoch ${(best?.epoch ?? 0) + 1} is kept`;
  const after = `Stopped after epoch ${curves.length} of ${plan.epochs}`;
  const early = earlyEndOf(run, state);
  if (early?.reason === 'collapse')
    return {
      reason: 'collapse',
      sentence: `${after}: robust accuracy fell from ${percent(early.from)} (epoch ${early.epoch}) to ${percent(early.to)}, which is catastrophic overfitting; ${kept}.`,
    };
  if (early === undefined || curves.length === plan.epochs)
    return { reason: 'complete', sentence: `All ${plan.epochs} epochs were trained; ${kept}.` };
  return {
    reason: early.reason,
    sentence: `${after}: none of the last ${early.epochs} was better; ${kept}.`,
  };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** What a reader must know of a kept epoch that has learnt nothing that shows; nothing of any other. */
export function learntNothing(
  { epoch, cleanAccuracy }: Pick<EpochRecord, 'epoch' | 'cleanAccuracy'>,
  { constant }: HeldOut,
): string[] {
  if (cleanAccuracy > constant) return [];
  return [
    `The kept network has learnt nothing that shows: its clean accuracy on the held-out images (${percent(cleanAccuracy)}, epoch ${epoch}) is no better than ` +
      `answering each with the most frequent class (${percent(constant)}), which no attack can change. ` +
      'Lower epsilon or the learning rate, train for more epochs, or begin with a network that was trained without attacks.',
  ];
}
