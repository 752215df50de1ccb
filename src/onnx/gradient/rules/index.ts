/** The one list of gradient rules: a new family is added here, a new rule in its family's file. */
import type { Rule } from '../rule.ts';
import { activations } from './activation.ts';
import { arithmetic } from './arithmetic.ts';
import { convolutions } from './convolution.ts';
import { elementary } from './elementary.ts';
import { indexing } from './indexing.ts';
import { linear } from './linear.ts';
import { maxima } from './maximum.ts';
import { normalisations } from './normalisation.ts';
import { pools } from './pooling.ts';
import { reductions } from './reduction.ts';
import { resizing } from './resize.ts';
import { selection } from './selection.ts';
import { shapes } from './shape.ts';
import { softmaxes } from './softmax.ts';

export const rules: readonly Rule[] = [
  ...activations,
  ...arithmetic,
  ...convolutions,
  ...elementary,
  ...indexing,
  ...linear,
  ...maxima,
  ...normalisations,
  ...pools,
  ...reductions,
  ...resizing,
  ...selection,
  ...shapes,
  ...softmaxes,
];
