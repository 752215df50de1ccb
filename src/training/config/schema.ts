/** The shape of a training config: every key, its type, its default and what it means. Names of plugins are checked later. */
import { z } from 'zod';
import { data, epsilon, options, preprocessingSchema, text } from '../../config/schema.ts';

const positive = z.number().positive();
const share = z.number().min(0).max(1);
const belowOne = z.number().min(0).lt(1);
const named = <Name extends string>(names: readonly [Name, ...Name[]]) => z.enum(names);

const optimizer = z.strictObject({
  name: named(['sgd', 'adamw']),
  momentum: belowOne.optional().describe('sgd; default 0.9'),
  nesterov: z.boolean().optional().describe('sgd: Nesterov momentum; default true'),
  beta1: belowOne.optional().describe('adamw: decay of the first moment; default 0.9'),
  beta2: belowOne.optional().describe('adamw: decay of the second moment; default 0.999'),
  epsilon: positive.optional().describe('adamw; default 1e-8'),
  'weight-decay': z
    .number()
    .min(0)
    .optional()
    .describe('of kernels and matrices, not of biases and norms; default 0.0005 for sgd, 0.01 for adamw'),
});

const schedule = z.strictObject({
  name: named(['constant', 'cosine', 'step', 'one-cycle']),
  warmup: belowOne.optional().describe('share of the run over which the rate rises from 0; default 0'),
  at: z
    .array(z.number().gt(0).lt(1))
    .min(1)
    .optional()
    .describe('step: shares of the run after which the rate is multiplied by factor; default [0.5, 0.75]'),
  factor: z.number().gt(0).lt(1).optional().describe('step; default 0.1'),
  peak: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('one-cycle: share of the run at which the rate is highest; default 0.4'),
});

const attack = z.strictObject({
  attack: text,
  norm: text.optional().describe("linf, l2 or l1, as far as the attack knows them; default: the objective's"),
  epsilon: epsilon.optional().describe("radius in [0, 1] pixels: 8/255; default: the objective's, or 8/255"),
  options: options.optional(),
});

export const trainingSchema = z.strictObject({
  network: z
    .union([
      text,
      z.strictObject({
        file: text.describe('an ONNX file'),
        scope: named(['all', 'head'])
          .optional()
          .describe('which weights are trained: all, or those of the last layer alone; default all'),
        initialise: z.boolean().optional().describe('begin with fresh weights; default false'),
      }),
    ])
    .describe('resnet-20, resnet-18, wide-resnet, small-cnn, or an ONNX file to go on from'),
  preprocessing: preprocessingSchema
    .optional()
    .describe("the network's own; default for a family: mean 0.5, std 0.25, rgb"),
  data: z.union([text, data]).describe('a folder with one folder per class, or a CSV manifest, as for run'),
  'held-out': z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('share of the images, class by class, that selects the checkpoint and is never trained on; default 0.1'),
  objective: z
    .union([text, z.strictObject({ name: text, options: options.optional() })])
    .optional()
    .describe('what is minimised: `proofhouse list objectives`; default pgd-at'),
  epochs: z.int().positive().max(100_000).optional().describe('default 30'),
  'batch-size': z.int().min(2).max(65536).optional().describe('images of one update; default 64'),
  portion: z
    .int()
    .min(2)
    .optional()
    .describe(
      'images whose batch statistics are taken together; divides batch-size, and threads share a batch by portions; default: the largest divisor of batch-size from 8 to 32',
    ),
  optimizer: z
    .union([named(['sgd', 'adamw']), optimizer])
    .optional()
    .describe('default sgd'),
  'learning-rate': positive
    .optional()
    .describe('at its peak; default 0.05 for sgd and 0.001 for adamw; a fifth of that to go on from given weights'),
  schedule: z
    .union([named(['constant', 'cosine', 'step', 'one-cycle']), schedule])
    .optional()
    .describe('of the learning rate; default cosine'),
  clip: positive.optional().describe("largest L2 norm of a batch's gradient; default: not clipped"),
  average: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('decay per update of averaged weights, which are then kept; default: none'),
  'label-smoothing': belowOne.optional().describe('share of each label that all classes divide; default 0'),
  augmentation: z
    .strictObject({
      flip: z.boolean().optional().describe('mirror half of the images: not for digits or text; default true'),
      crop: z.int().min(0).optional().describe('pad by so many pixels and crop at random; default 4'),
      'colour-jitter': share
        .optional()
        .describe('strength of random brightness, contrast and saturation; default: none'),
      cutout: z.int().positive().optional().describe('side in pixels of a square that is greyed; default: none'),
      mixup: positive
        .max(100)
        .optional()
        .describe('α of the shares by which pairs of images are blended; default: none'),
    })
    .optional(),
  selection: z
    .strictObject({
      attack: z
        .union([text, attack])
        .optional()
        .describe(
          'what robust accuracy on the held-out images is measured by after every epoch; default: pgd with 10 steps',
        ),
      patience: z
        .int()
        .positive()
        .optional()
        .describe('epochs without a better checkpoint after which training ends; default: all'),
    })
    .optional(),
  'checkpoint-minutes': positive.optional().describe('between checkpoints, beside one at every epoch; default 10'),
  engine: z
    .strictObject({
      workers: z.int().positive().max(256).optional().describe('worker threads'),
      threads: z.int().positive().max(256).optional().describe("the runtime's threads in each worker"),
    })
    .optional()
    .describe('speed only: no result depends on it'),
  seed: z.int().nonnegative().optional().describe('of every random choice; default 0'),
  output: text.optional().describe('folder to write to; default training'),
  plugins: z.array(text).optional().describe('files or packages that define objectives or attacks: code that runs'),
});

export type RawTraining = z.infer<typeof trainingSchema>;
