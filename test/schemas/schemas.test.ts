import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { schemas } from '../../scripts/schemas.mjs';
import { audit } from '../../src/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const published = (file: string) => readFile(join(root, 'schemas', file), 'utf8');

async function validator(file: string) {
  const schema = JSON.parse(await published(file)) as { $schema?: string };
  const ajv = schema.$schema?.includes('2020') ? new Ajv2020({ strict: false }) : new Ajv({ strict: false });
  return ajv.compile(schema);
}

let output: string;
beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'proofhouse-schemas-'));
  const demo = join(root, 'fixtures/demo');
  await audit({
    models: { standard: join(demo, 'standard.onnx') },
    data: { manifest: join(demo, 'portraits.csv'), limit: 12 },
    attacks: [{ attack: 'pgd', epsilon: ['2/255', '8/255'], options: { steps: 2 } }],
    gates: [{ metric: 'clean-accuracy', floor: 0.1 }],
    output,
  });
});
afterAll(() => rm(output, { recursive: true, force: true }));

describe('the published schemas', () => {
  it('are what the types say today (npm run schemas writes them)', async () => {
    for (const [file, text] of Object.entries(schemas())) expect(await published(file), file).toBe(text);
  });

  it.each([
    ['results.json', 'results.json'],
    ['outcomes.ndjson', 'outcome.json'],
    ['examples.ndjson', 'example.json'],
  ])('describe %s', async (file, schema) => {
    const validate = await validator(schema);
    const text = await readFile(join(output, file), 'utf8');
    const values = file.endsWith('.ndjson') ? text.trimEnd().split('\n') : [text];
    for (const value of values) {
      expect(validate(JSON.parse(value)), JSON.stringify(validate.errors)).toBe(true);
    }
    expect(validate({ schemaVersion: 2 })).toBe(false);
  });

  it('accept the shipped configs and refuse a misspelt key', async () => {
    const validate = await validator('config.json');
    for (const file of ['fixtures/demo/proofhouse.yaml', 'examples/own-attack.yaml']) {
      expect(validate(parse(await readFile(join(root, file), 'utf8'))), file).toBe(true);
    }
    expect(validate({ models: { a: 'a.onnx' }, data: 'images', atacks: ['pgd'] })).toBe(false);
  });
});
