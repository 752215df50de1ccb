/** The shape of `baseline.json`: what a stored baseline says of itself, beside the bits in `outcomes.bin`. */
import { z } from 'zod';
import type { ThreatName } from '../plugin/threat.ts';

const text = z.string().max(4096);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

const evaluation = z.object({
  id: text,
  attack: text,
  norm: (text as z.ZodType<ThreatName>).exactOptional(),
  epsilon: z.number().nonnegative().exactOptional(),
  epsilonText: text.exactOptional(),
  budget: z.literal('minimal-norm').exactOptional(),
  goal: text.exactOptional(),
  options: z.record(text, z.unknown()).exactOptional(),
  surrogate: text.exactOptional(),
});

export const baselineSchema = z
  .object({
    schemaVersion: z.literal(1),
    proofhouse: text,
    engine: z.object({ name: text, version: text, device: text, instructionSet: text }),
    seed: count,
    dataset: z.object({ sha256, examples: z.int().positive().max(100_000_000) }),
    plugins: z.array(sha256).describe('of each plugin file'),
    models: z
      .array(z.object({ name: text, sha256, preprocessing: z.record(text, z.unknown()).exactOptional() }))
      .min(1),
    surrogates: z.array(z.object({ name: text, sha256, preprocessing: z.record(text, z.unknown()) })),
    evaluations: z.array(evaluation).describe('what decides their outcomes; clean first'),
    metrics: z
      .array(
        z.object({
          id: text,
          model: text,
          value: z.number().nullable(),
          unit: z.enum(['proportion', 'number']),
          low: z.number().exactOptional(),
          high: z.number().exactOptional(),
        }),
      )
      .describe('over everyone, as measured'),
    outcomes: z
      .object({
        file: z.literal('outcomes.bin'),
        sha256,
        columns: z.array(z.object({ model: text, evaluation: text })),
      })
      .describe(
        'one bit an example, 1 where the model is right: column after column, each of ceil(examples / 8) bytes, the lowest bit of the first byte first',
      ),
  })
  .meta({ title: 'baseline.json' });

export type BaselineFile = z.infer<typeof baselineSchema>;
