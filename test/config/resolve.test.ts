/** What a config comes to: defaults, paths, flags over it, what audits need, and the form that goes into the record. */
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/resolve.ts';
import { project, resolveText } from './project.ts';

const sound = 'models: { standard: standard.onnx }\ndata: images/\n';

describe('a short config', () => {
  it('gets every default', async () => {
    const run = await resolveText(sound);
    expect(run.models).toMatchObject([
      {
        name: 'standard',
        preprocessing: { mean: [0, 0, 0], std: [1, 1, 1], channels: 'rgb', layout: 'auto', range: [0, 1] },
      },
    ]);
    expect(basename(run.models[0].path)).toBe('standard.onnx');
    expect(run.data).toMatchObject({ columns: { path: 'path', label: 'label', groups: 'auto' }, resize: 'error' });
    expect(basename(run.data.folder ?? '')).toBe('images');
    expect(run.series).toMatchObject([{ id: 'pgd:linf', attack: 'pgd', norm: 'linf', target: 'untargeted' }]);
    expect(run.series[0].epsilons.map(({ text }) => text)).toEqual(['2/255', '8/255']);
    expect(run.audits.map(({ name }) => name)).toEqual(['robust-accuracy', 'subgroup-fnr']);
    expect(run.reports.map(({ name }) => name)).toEqual(['html', 'summary', 'junit']);
    expect(run.gallery).toEqual({ images: 'show', count: 8 });
    expect(run.engine).toEqual({});
    expect(run.seed).toBe(0);
    expect(basename(run.output)).toBe('out');
    expect(run.command).toBe('proofhouse run proofhouse.yaml');
  });

  it('knows a manifest from a folder by what lies there', async () => {
    const { data } = await resolveText('models: { standard: standard.onnx }\ndata: people.csv\n');
    expect(data.folder).toBeUndefined();
    expect(basename(data.manifest ?? '')).toBe('people.csv');
  });
});

describe('attacks', () => {
  it('keep ε as written, in ascending order, with its value', async () => {
    const { series } = await resolveText(`${sound}attacks: [{ attack: pgd, epsilon: [8/255, 0.01, 2 / 255] }]\n`);
    expect(series[0].epsilons).toEqual([
      { text: '2/255', value: 2 / 255 },
      { text: '0.01', value: 0.01 },
      { text: '8/255', value: 8 / 255 },
    ]);
  });

  it('get their options parsed by their own schema', async () => {
    const { series } = await resolveText(`${sound}attacks: [{ attack: pgd, options: { steps: 7 } }]\n`);
    expect(series[0].options).toMatchObject({ steps: 7, restarts: 1 });
  });

  it('run twice under a name', async () => {
    const { series } = await resolveText(
      `${sound}attacks: [pgd, { attack: pgd, name: pgd-short, options: { steps: 5 } }]\n`,
    );
    expect(series.map(({ id }) => id)).toEqual(['pgd:linf', 'pgd-short:linf']);
  });

  it('find a target class by name among data.classes', async () => {
    const data = 'models: { standard: standard.onnx }\ndata: { folder: images, classes: [cat, dog] }\n';
    const { series } = await resolveText(`${data}attacks: [{ attack: pgd, target: { class: dog } }]\n`);
    expect(series[0].target).toEqual({ class: 1 });
  });

  it('may be none', async () => {
    expect((await resolveText(`${sound}attacks: []\n`)).series).toEqual([]);
  });
});

const needy = `import { defineAudit, z } from 'proofhouse/plugin';
export default defineAudit({
  name: 'needy', title: 'Needs evaluations', options: z.strictObject({ steps: z.int().default(40) }),
  needs: ({ steps }) => ({ evaluations: [{ attack: 'pgd', norm: 'linf', epsilon: ['4/255', '8/255'], options: { steps } }] }),
  measure: () => ({ audit: 'needy', title: '', summary: '', metrics: [], details: [] }),
});`;

const needyConfig = (options: string) =>
  `${sound}plugins: [./needy.ts]\nattacks: [{ attack: pgd, epsilon: 8/255 }]\naudits: [{ audit: needy, options: ${options} }]\n`;

describe('what an audit needs', () => {
  it('joins the series that already makes it', async () => {
    const { series, canonical } = await resolveText(needyConfig('{}'), {}, { 'needy.ts': needy });
    expect(series).toHaveLength(1);
    expect(series[0].epsilons.map(({ text }) => text)).toEqual(['4/255', '8/255']);
    expect(canonical.attacks).toMatchObject([{ epsilon: ['8/255'] }]);
  });

  it('is a series of its own where options differ', async () => {
    const { series } = await resolveText(needyConfig('{ steps: 80 }'), {}, { 'needy.ts': needy });
    expect(series.map(({ id }) => id)).toEqual(['pgd:linf', 'needy-pgd:linf']);
  });
});

describe('flags', () => {
  const config = `models:
  standard: { file: standard.onnx, mean: 0.1 }
data: { manifest: people.csv, path: file, limit: 9 }
attacks: [{ attack: fgsm, epsilon: 1/255 }, { attack: pgd, epsilon: 1/255, options: { steps: 3 } }]
seed: 5
output: there
`;

  it('win over the config, one by one', async () => {
    const run = await resolveText(config, {
      epsilon: '4/255,2/255',
      mean: '0.5,0.4,0.3',
      seed: '7',
      workers: '2',
      batchSize: '16',
      limit: '3',
      images: 'off',
      output: 'here',
      channels: 'bgr',
      range: '-1,1',
    });
    expect(run.series.map(({ epsilons }) => epsilons.map(({ text }) => text))).toEqual([
      ['2/255', '4/255'],
      ['2/255', '4/255'],
    ]);
    expect(run.series[1].options).toMatchObject({ steps: 3 });
    expect(run.models[0].preprocessing).toMatchObject({ mean: [0.5, 0.4, 0.3], channels: 'bgr', range: [-1, 1] });
    expect(run.data).toMatchObject({ limit: 3, columns: { path: 'file' } });
    expect(run.engine).toEqual({ workers: 2, batchSize: 16 });
    expect(run.gallery.images).toBe('off');
    expect(run.seed).toBe(7);
    expect(basename(run.output)).toBe('here');
  });

  it('replace models, attacks and data as wholes', async () => {
    const run = await resolveText(config, {
      model: ['hardened.onnx', 'first=standard.onnx'],
      attack: ['pgd'],
      data: 'images',
    });
    expect(run.models.map(({ name }) => name)).toEqual(['hardened', 'first']);
    expect(run.series.map(({ id }) => id)).toEqual(['pgd:linf']);
    expect(run.data.manifest).toBeUndefined();
    expect(basename(run.data.folder ?? '')).toBe('images');
  });

  it('are a config by themselves', async () => {
    const folder = project();
    const flags = { model: ['standard.onnx'], data: 'images', attack: ['pgd'], epsilon: '8/255', std: '0.25' };
    const run = await resolveConfig({}, { base: folder, cwd: folder, flags });
    expect(run.models).toMatchObject([{ name: 'standard', preprocessing: { std: [0.25, 0.25, 0.25] } }]);
    expect(run.series[0].epsilons).toEqual([{ text: '8/255', value: 8 / 255 }]);
    expect(run.output).toBe(join(folder, 'out'));
    expect(run.command).toBe(
      'proofhouse run --model standard.onnx --data images --attack pgd --epsilon 8/255 --std 0.25',
    );
  });

  it('limit data given as a bare path', async () => {
    const { data } = await resolveText(sound, { limit: '2' });
    expect(data.limit).toBe(2);
    expect(basename(data.folder ?? '')).toBe('images');
  });
});

describe('what goes into the record', () => {
  it('does not depend on where the project lies, how fast it runs and where it writes', async () => {
    const one = await resolveText(sound, { workers: '1', threads: '2', batchSize: '7', output: 'a' });
    const other = await resolveText(`${sound}engine: { workers: 4 }\noutput: b\n`);
    expect(one.canonical).toEqual(other.canonical);
    expect(one.command).toBe(other.command);
    expect(JSON.stringify(one.canonical)).not.toContain('proofhouse-config-');
  });

  it('is itself a config that comes to the same run', async () => {
    const text = `${sound}attacks: [{ attack: pgd, epsilon: [1/255, 8/255], options: { steps: 4 } }, { attack: fgsm, norm: l2, epsilon: 0.5, target: least-likely, name: one-step }, { attack: fgsm, target: all }]
gates: [{ metric: clean-accuracy, floor: 0.5, models: [standard] }]
seed: 3
`;
    const first = await resolveText(text);
    const second = await resolveText(JSON.stringify(first.canonical));
    expect(second.canonical).toEqual(first.canonical);
    expect(second.series).toEqual(first.series);
  });

  it('names only the file of a model outside the project', async () => {
    const elsewhere = project();
    const run = await resolveText(sound, { model: [join(elsewhere, 'hardened.onnx')] });
    expect(run.canonical.models).toMatchObject({ hardened: { file: 'hardened.onnx' } });
    expect(run.command).toBe('proofhouse run proofhouse.yaml --model hardened.onnx');
  });

  it('quotes the command for a shell', async () => {
    const folder = project({ "it's here/1/a.png": '' });
    const run = await resolveConfig(
      {},
      { base: folder, cwd: folder, flags: { model: ['standard.onnx'], data: "it's here" } },
    );
    expect(run.command).toBe(String.raw`proofhouse run --model standard.onnx --data 'it'\''s here'`);
  });
});
