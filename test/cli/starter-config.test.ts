/** The starter config reads back as YAML, whatever the names in it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type StarterFacts, starterConfig, yamlText } from '../../src/cli/starter-config.ts';
import { configSchema } from '../../src/config/schema.ts';

const facts = (change: Partial<StarterFacts['data']> = {}): StarterFacts => ({
  models: [{ name: 'm', file: 'm.onnx', inputDims: ['N', 3, 64, 64], outputDims: ['N', 2] }],
  dataPath: 'people.csv',
  data: {
    kind: 'manifest',
    classes: ['neutral', 'smiling'],
    integerLabels: false,
    examples: 720,
    perClass: [360, 360],
    columns: { path: 'file', label: 'mood', groups: ['skin_tone'], others: ['photographer'] },
    sizes: [{ width: 64, height: 64, channels: 3, images: 50 }],
    notes: [],
    ...change,
  },
});

describe('a starter config', () => {
  it('says what was found out', () => {
    expect(parse(starterConfig(facts()))).toMatchObject({
      models: { m: { file: 'm.onnx', channels: 'rgb', layout: 'nchw', mean: [0, 0, 0], std: [1, 1, 1] } },
      data: {
        manifest: 'people.csv',
        path: 'file',
        label: 'mood',
        groups: ['skin_tone'],
        classes: ['neutral', 'smiling'],
        resize: 'error',
      },
      audits: ['robust-accuracy', { audit: 'subgroup-fnr', options: { positive: 'smiling' } }],
    });
  });

  it('resizes where sizes differ, and chooses a size where the model takes any', () => {
    const several = facts({ sizes: [{ width: 80, height: 60, channels: 3, images: 9 }] });
    expect(parse(starterConfig(several)).data).toMatchObject({ resize: 'cover' });
    const free = { ...several, models: [{ ...several.models[0], inputDims: ['N', 3, 'H', 'W'] }] };
    expect(parse(starterConfig(free)).data).toMatchObject({ resize: 'error', size: [60, 80] });
  });

  it('takes gray and channels-last models', () => {
    const gray = { ...facts(), models: [{ name: 'm', file: 'm', inputDims: [1, 28, 28, 1], outputDims: [1, 2] }] };
    expect(parse(starterConfig(gray)).models.m).toMatchObject({
      channels: 'gray',
      layout: 'nhwc',
      mean: [0],
      std: [1],
    });
  });

  it('is a config that the schema accepts, whatever the names', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 4 }), name, (classes, note) => {
        const columns = { path: note, label: classes[0], groups: classes, others: [note] };
        const written = parse(starterConfig(facts({ classes, notes: [note], columns })));
        expect(configSchema.safeParse(written).success).toBe(true);
        expect(written.data.classes).toEqual(classes);
        expect(written.data.path).toBe(note);
      }),
    );
  });

  it('quotes text so that YAML reads that very text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parse(`[${yamlText(text)}]`)).toEqual([text]);
      }),
    );
  });
});
