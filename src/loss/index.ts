/** The built-in losses by name. */
import { InputError } from '../errors.ts';
import type { LossDefinition } from '../plugin/loss.ts';
import crossEntropy from './cross-entropy.ts';
import dlr from './dlr.ts';
import logitDifference from './logit-difference.ts';
import margin from './margin.ts';

const losses = new Map([crossEntropy, margin, dlr, logitDifference].map((loss) => [loss.name, loss]));

/** @throws InputError listing the losses there are */
export function lossNamed(name: string): LossDefinition {
  const loss = losses.get(name);
  if (loss === undefined)
    throw new InputError(`There is no loss '${name}'.`, `Losses: ${[...losses.keys()].join(', ')}.`);
  return loss;
}
