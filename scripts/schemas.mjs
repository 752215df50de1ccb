// Writes schemas/: JSON Schemas of the config, of a stored baseline, and of every JSON file and row of a run folder. Needs the build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';
import { z } from 'zod';
import { configSchema } from '../dist/src/config/schema.js';
import { baselineSchema } from '../dist/src/gate/baseline-schema.js';
import { trainingSchema } from '../dist/src/training/config/schema.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The schemas by file name, as text. */
export function schemas() {
  const generator = createGenerator({
    path: join(root, 'src/{plugin/index,run/manifest,run/digests}.ts'),
    tsconfig: join(root, 'tsconfig.json'),
    skipTypeCheck: true,
    topRef: false,
    additionalProperties: false,
  });
  const versioned = (type) => {
    const schema = generator.createSchema(type);
    const { properties, required = [], ...rest } = schema;
    if (properties === undefined || 'schemaVersion' in properties) return schema;
    return {
      ...rest,
      properties: { schemaVersion: { const: 1 }, ...properties },
      required: ['schemaVersion', ...required],
    };
  };
  const all = {
    'config.json': z.toJSONSchema(configSchema, { io: 'input' }),
    'training-config.json': z.toJSONSchema(trainingSchema, { io: 'input' }),
    'training.json': versioned('TrainingRecord'),
    'baseline.json': z.toJSONSchema(baselineSchema, { io: 'input' }),
    'results.json': versioned('RunRecord'),
    'partial.json': versioned('PartialRecord'),
    'outcome.json': versioned('OutcomeRow'),
    'example.json': versioned('ExampleRow'),
    'manifest.json': versioned('Manifest'),
    'digests.json': versioned('Digests'),
    'history.json': versioned('HistoryEntry'),
  };
  return Object.fromEntries(
    Object.entries(all).map(([file, schema]) => [file, `${JSON.stringify(schema, null, 2)}\n`]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(root, 'schemas'), { recursive: true });
  for (const [file, text] of Object.entries(schemas())) writeFileSync(join(root, 'schemas', file), text);
}
