/** The config file's shape: every key, its type, its default and what it means. Names of plugins are checked later. */
import { z } from 'zod';
import { presets } from '../gate/presets.ts';

export const text = z.string().min(1);
export const options = z
  .record(z.string(), z.unknown())
  .describe("the plugin's own options; `proofhouse list` shows them");

/** Names become parts of ids such as `pgd:linf:8/255`, so `:`, `@`, `[` and spaces are out. */
const nameRule = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const name = z
  .string()
  .max(64)
  .regex(nameRule, 'a name starts with a letter or digit and holds letters, digits, ".", "_" and "-" only');

const finite = z.number();
const channelValues = z.union([finite, z.array(finite).min(1).max(4)]);
const proportion = z.number().min(0).max(1);
const positiveValues = z.union([z.number().positive(), z.array(z.number().positive()).min(1).max(4)]);

const pair = (low: z.ZodNumber) => z.tuple([low, low]);

export const preprocessingSchema = z.strictObject({
  mean: channelValues.optional().describe('per channel, subtracted after scaling to range; default 0'),
  std: positiveValues.optional().describe('per channel, divided by; default 1'),
  channels: z.enum(['rgb', 'bgr', 'gray']).optional().describe('channel order that the file expects; default rgb'),
  layout: z.enum(['auto', 'nchw', 'nhwc']).optional().describe("axis order; default auto, from the input's shape"),
  range: pair(finite).optional().describe('what black and white are for the file, before mean and std; default [0, 1]'),
});

const model = preprocessingSchema.extend({ file: text.describe('an ONNX file') });

export const data = z.strictObject({
  folder: text.optional().describe('a folder that holds one folder of images per class'),
  manifest: text.optional().describe('a CSV file with one row per image'),
  path: text.optional().describe("the manifest's column of image paths; default path"),
  label: text.optional().describe("the manifest's column of class names; default label"),
  id: text.optional().describe("the manifest's column of unique ids; default: the image's path"),
  groups: z
    .union([z.literal('auto'), z.array(text)])
    .optional()
    .describe('subgroup columns; default auto: every other column'),
  root: text.optional().describe("folder that image paths are relative to; default: the manifest's own"),
  classes: z.array(text).min(2).optional().describe("class names in the order of the model's logits; default: sorted"),
  limit: z.int().positive().optional().describe('keep only the first n examples, by id'),
  resize: z
    .enum(['error', 'stretch', 'cover', 'contain'])
    .optional()
    .describe('how images of another size meet the model; default error: refuse them'),
  size: pair(z.int().positive()).optional().describe("[height, width]; default: the model's own input size"),
});

export const epsilon = z.union([z.number(), z.string()]);

const attack = z.strictObject({
  attack: text,
  surrogate: name
    .optional()
    .describe('a model, of models or surrogates, that the attack is made on; the others judge what it finds'),
  norm: text
    .optional()
    .describe('linf, l2, l1, l0, rotation-translation or patch, as far as the attack knows them; default: its first'),
  epsilon: z
    .union([epsilon, z.array(epsilon).min(1)])
    .optional()
    .describe('radius or radii in [0, 1] pixels: 8/255'),
  target: z
    .union([
      z.enum(['untargeted', 'least-likely', 'random', 'all']),
      z.strictObject({ class: z.union([text, z.int().nonnegative()]) }),
    ])
    .optional()
    .describe(
      'what success is; default untargeted. { class: … } takes an index, or a name out of data.classes; all: every other class in turn',
    ),
  options: options.optional(),
  name: name.optional().describe('alias in ids, to run one attack twice'),
});

const audit = z.strictObject({ audit: text, options: options.optional() });
const report = z.strictObject({ report: text, options: options.optional() });

const gate = z.strictObject({
  rule: z
    .enum(['floor', 'ceiling', 'max-drop', 'worst-subgroup', 'subgroup-gap', 'attack-health'])
    .optional()
    .describe('what is asked; may be left out where the metric has a floor or a ceiling'),
  metric: text.optional().describe('robust-accuracy@pgd:linf:8/255'),
  floor: z.number().optional().describe('the metric must not be below'),
  ceiling: z.number().optional().describe('the metric must not be above'),
  by: z
    .enum(['bound', 'point'])
    .optional()
    .describe('floor, ceiling: judge by the confidence bound (default) or by the point estimate alone'),
  margin: proportion.optional().describe('max-drop: the largest drop that is no regression; default 0.01'),
  columns: z
    .union([text, z.array(text).min(1).max(2)])
    .optional()
    .describe('worst-subgroup, subgroup-gap: the subgroup column, or two for their intersections'),
  tolerance: proportion.optional().describe('subgroup-gap: the largest difference that is immaterial'),
  minimum: z.int().positive().optional().describe('cases below which a subgroup is not judged; default 20'),
  alpha: z
    .number()
    .positive()
    .max(0.5)
    .optional()
    .describe('max-drop, subgroup-gap: chance of a false alarm that is borne; default 0.05'),
  level: z.enum(['off', 'warn', 'error']).optional().describe('warn is shown and blocks nothing; default error'),
  models: z.array(name).min(1).optional().describe('models it applies to; default: every one'),
});

const effect = z.enum(['warn', 'error']);

export const configSchema = z.strictObject({
  models: z.record(name, z.union([text, model])).describe('models by name: a file, or a file with its preprocessing'),
  surrogates: z
    .record(name, z.union([text, model]))
    .optional()
    .describe('models by name that attacks may be made on and that are not audited themselves'),
  data: z.union([text, data]).describe('a folder with one folder per class, or a CSV manifest'),
  attacks: z
    .array(z.union([text, attack]))
    .optional()
    .describe('default: pgd; [] evaluates clean images only'),
  audits: z
    .array(z.union([text, audit]))
    .min(1)
    .optional()
    .describe('default: robust-accuracy and subgroup-fnr'),
  gates: z
    .array(z.union([z.enum(presets), gate]))
    .optional()
    .describe('what decides the exit code: presets by name, and rules; a later one replaces a preset’s of the same id'),
  decide: z
    .enum(['all', 'early'])
    .optional()
    .describe('early: stop attacking as soon as every gate is settled; default all: when every example was attacked'),
  inconclusive: z
    .strictObject({ 'pull-request': effect.optional(), release: effect.optional() })
    .optional()
    .describe('what a gate without enough evidence does, by --context; default: pull-request warn, release error'),
  'accepted-risks': text
    .optional()
    .describe('JSON file of failures that someone answers for; proofhouse accept writes it'),
  baseline: z
    .union([
      text,
      z.strictObject({
        folder: text.optional().describe('written by `proofhouse baseline update`, or a run folder'),
        missing: z
          .enum(['warn', 'error'])
          .optional()
          .describe('what a folder that does not exist means; default warn: the run goes on and compares nothing'),
        model: z
          .union([text, model])
          .optional()
          .describe(
            "an ONNX file that meets the same attacks in this run; its preprocessing defaults to the audited model's",
          ),
      }),
    ])
    .optional()
    .describe('what the run is compared with, example by example: a folder, or { folder, missing }, or { model }'),
  reports: z
    .array(z.union([text, report]))
    .optional()
    .describe('default: html and summary; results.json is always written'),
  plugins: z
    .array(text)
    .optional()
    .describe('files or packages that define attacks, audits or reports: code that runs'),
  gallery: z
    .strictObject({
      images: z.enum(['show', 'redact', 'off']).optional().describe('redact or leave out images; default show'),
      count: z.int().nonnegative().max(100).optional().describe('images in the gallery; default 8'),
    })
    .optional(),
  engine: z
    .strictObject({
      workers: z.int().positive().max(256).optional().describe('worker threads'),
      threads: z.int().positive().max(256).optional().describe("the runtime's threads in each worker"),
      'batch-size': z.int().positive().max(65536).optional().describe('images in one call of the runtime'),
    })
    .optional()
    .describe('speed only: no result depends on it'),
  seed: z.int().nonnegative().optional().describe('of every random choice; default 0'),
  card: text.optional().describe('a YAML file that says what the model is for; see docs/card.md'),
  history: text.optional().describe('a file that gets one line for each run; the report shows the runs before'),
  output: text.optional().describe('run folder; default out'),
});

export type RawConfig = z.infer<typeof configSchema>;
export type RawModel = z.infer<typeof model>;
export type RawData = z.infer<typeof data>;
export type RawGate = z.infer<typeof gate>;
export type RawAttack = z.infer<typeof attack>;
export type RawPreprocessing = z.infer<typeof preprocessingSchema>;
