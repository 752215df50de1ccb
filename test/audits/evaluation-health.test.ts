/** Models that hide their gradient: plain PGD calls them robust, and the checks say that it is not to be believed. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit, type Finding, type OutcomeRow, type RunRecord } from '../../src/index.ts';
import { data, resnet2b } from '../support/cifar10.ts';
import { type Mask, writeMaskedModels } from '../support/masked-models.ts';

const masked: Mask[] = [
  'quantised-inputs',
  'scaled-logits',
  'softmax-outputs',
  'thermometer',
  'saturated-sigmoid',
  'plateau',
];
const refused: Mask[] = ['rounded-inputs', 'compared-inputs'];
const pgd = { attack: 'pgd', epsilon: ['2/255', '8/255'], options: { steps: 40 } };
const audits = ['robust-accuracy', { audit: 'evaluation-health', options: { examples: 40 } }];

let folder: string;
let record: RunRecord;

const settings = () => ({
  data: { folder: join(folder, 'images') },
  engine: { workers: 1, threads: 1, 'batch-size': 64 },
  gallery: { images: 'off' as const },
});
const modelsOf = (masks: readonly Mask[]) =>
  Object.fromEntries(masks.map((mask) => [mask, join(folder, `${mask}.onnx`)]));
const finding = (of: RunRecord, name = 'evaluation-health') => of.findings.find((one) => one.audit === name) as Finding;

/** The checks of one model, row by row. */
function checksOf(of: RunRecord, model: string) {
  const rows = finding(of).details.flatMap((detail) =>
    detail.type === 'table' && detail.title.endsWith(`, ${model}`) ? detail.rows : [],
  );
  if (rows.length === 0) throw new Error(`no checks of ${model}`);
  return rows;
}

/** Verdict by check id. */
const verdicts = (of: RunRecord, model: string): Record<string, string> =>
  Object.fromEntries(checksOf(of, model).map(([id, verdict]) => [id, verdict] as [string, string]));
const accuracy = (of: RunRecord, model: string, id: string) =>
  finding(of, 'robust-accuracy').metrics.find((metric) => metric.model === model && metric.id === id)?.value;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-health-'));
  await writeMaskedModels(folder, ['plain', ...refused, 'coarse-inputs', ...masked], 15);
  ({ record } = await audit({
    ...settings(),
    models: modelsOf(['plain', ...masked]),
    attacks: [pgd],
    audits,
    output: join(folder, 'out'),
  }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a model that hides nothing', () => {
  it('falls to PGD, and no check fails', () => {
    expect(accuracy(record, 'plain', 'clean-accuracy')).toBe(1);
    expect(accuracy(record, 'plain', 'robust-accuracy@pgd:linf:8/255')).toBe(0);
    expect(Object.values(verdicts(record, 'plain'))).not.toContain('fail');
    expect(verdicts(record, 'plain')).toMatchObject({
      'AA-rand': 'ok',
      'AA-softmax': 'ok',
      'AA-zero-grad': 'ok',
      'AA-square': 'ok',
      'gradient-check': 'ok',
      I1: 'ok',
      I6: 'ok',
      C1: 'ok',
      C4: 'ok',
      C5: 'ok',
      C8: 'ok',
      C9: 'ok',
      C10: 'ok',
      C17: 'ok',
      I2: 'ok',
    });
  });
});

describe.each(masked)('%s', (mask) => {
  it('looks robust to PGD', () => {
    expect(accuracy(record, mask, 'clean-accuracy')).toBeGreaterThan(0.9);
    expect(accuracy(record, mask, 'robust-accuracy@pgd:linf:8/255')).toBeGreaterThan(0.9);
  });

  it('is found out: gradients vanish, and an unbounded attack fails', () => {
    expect(verdicts(record, mask)).toMatchObject({ 'AA-zero-grad': 'fail', I1: 'fail', I6: 'fail', C5: 'fail' });
    expect(finding(record).summary).toContain(`${mask}: its accuracy under attack is not to be believed`);
    const failed = finding(record).metrics.find(({ id, model }) => id === 'health-checks-failed' && model === mask);
    expect(failed?.value).toBe(Object.values(verdicts(record, mask)).filter((verdict) => verdict === 'fail').length);
  });
});

it('probability outputs are told from logits', () => {
  for (const mask of masked)
    expect(verdicts(record, mask)['AA-softmax']).toBe(mask === 'softmax-outputs' ? 'fail' : 'ok');
});

it.each(['scaled-logits', 'quantised-inputs', 'thermometer'] as const)(
  'Square, which needs no gradient, contradicts PGD on %s',
  (mask) => {
    expect(verdicts(record, mask)).toMatchObject({ 'AA-square': 'fail', C7: 'fail', C9: 'fail' });
  },
);

it.each(['quantised-inputs', 'thermometer'] as const)('the derived gradient of %s is not its slope', (mask) => {
  expect(verdicts(record, mask)['gradient-check']).toBe('fail');
});

it('a margin loss sees through scaled logits', async () => {
  const again = await audit({
    ...settings(),
    models: modelsOf(['scaled-logits']),
    attacks: [{ ...pgd, options: { steps: 40, loss: 'margin' } }],
    audits,
    output: join(folder, 'margin'),
  });
  expect(accuracy(again.record, 'scaled-logits', 'robust-accuracy@pgd:linf:8/255')).toBe(0);
  expect(verdicts(again.record, 'scaled-logits')).toMatchObject({ 'AA-zero-grad': 'ok', I1: 'ok', I6: 'ok' });
});

it.each(['scaled-logits', 'quantised-inputs', 'thermometer'] as const)(
  'AutoAttack, which needs neither the scale nor the gradient, breaks %s',
  async (mask) => {
    const { record: broken } = await audit({
      ...settings(),
      models: modelsOf([mask]),
      data: { folder: join(folder, 'images'), limit: 20 },
      attacks: [{ attack: 'autoattack', epsilon: '8/255' }],
      audits: ['robust-accuracy'],
      output: join(folder, `autoattack-${mask}`),
    });
    expect(accuracy(broken, mask, 'robust-accuracy@autoattack:linf:8/255')).toBe(0);
  },
);

it('a plateau falls to an attack made on its twin, which says that it was hidden', async () => {
  const { record: other } = await audit({
    ...settings(),
    models: modelsOf(['plateau']),
    surrogates: modelsOf(['plain']),
    attacks: [pgd, { ...pgd, surrogate: 'plain' }],
    audits,
    output: join(folder, 'twin'),
  });
  expect(accuracy(record, 'plateau', 'robust-accuracy@worst:linf:8/255')).toBe(1);
  expect(accuracy(other, 'plateau', 'robust-accuracy@worst:linf:8/255')).toBe(0);
  expect(verdicts(record, 'plateau')).toMatchObject({ C11: 'n/a', C13: 'warn' });
  expect(verdicts(other, 'plateau')).toMatchObject({ C7: 'fail', C11: 'warn', C13: 'fail' });
});

it('a model that small noise turns is unstable; scaling its logits changes nothing of that', async () => {
  const { record: other } = await audit({
    ...settings(),
    models: modelsOf(['coarse-inputs', 'plain', 'scaled-logits']),
    attacks: [],
    audits: [{ audit: 'evaluation-health', options: { examples: 40 } }],
    output: join(folder, 'coarse'),
  });
  const verdict = (mask: Mask) => checksOf(other, mask).find(([id]) => id === 'I2');
  expect(verdict('coarse-inputs')?.[1]).toBe('warn');
  expect(verdict('plain')?.[1]).toBe('ok');
  expect(verdict('scaled-logits')?.slice(1, 4)).toEqual(verdict('plain')?.slice(1, 4));
});

it.each([
  ['rounded-inputs', 'piecewise constant'],
  ['compared-inputs', 'has a derivative of zero everywhere'],
] as const)('%s are refused where a gradient is needed', async (mask, reason) => {
  const run = { ...settings(), models: modelsOf([mask]), output: join(folder, mask) };
  await expect(audit({ ...run, attacks: [pgd] })).rejects.toThrow(reason);
});

describe('Round in front of a model', () => {
  it('is said beside what other attacks find', async () => {
    const { record: other } = await audit({
      ...settings(),
      models: modelsOf(['rounded-inputs']),
      attacks: [{ attack: 'square', epsilon: ['8/255'], options: { queries: 200 } }],
      audits,
      output: join(folder, 'square'),
    });
    expect(verdicts(other, 'rounded-inputs')).toMatchObject({
      I1: 'fail',
      'gradient-check': 'n/a',
      'AA-zero-grad': 'n/a',
    });
  });
});

describe('probes', () => {
  it('are no evaluations of the run, but are kept with its rows and counted among its queries', async () => {
    expect(record.evaluations.map(({ id }) => id)).toEqual(['clean', 'pgd:linf:2/255', 'pgd:linf:8/255']);
    const lines = (await readFile(join(folder, 'out', 'outcomes.ndjson'), 'utf8')).trimEnd().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as OutcomeRow).filter(({ model }) => model === 'plain');
    const longer = rows.filter(({ evaluation }) => evaluation === 'evaluation-health-more-steps-pgd:linf:8/255');
    expect(longer).toHaveLength(40);
    expect(rows.filter(({ probe }) => probe !== undefined).map(({ example }) => example)).toEqual(
      longer.map(({ example }) => example),
    );
    expect(record.queries.find(({ evaluation }) => evaluation === longer[0].evaluation)?.examples).toBe(40);
  });

  it('come out the same whatever the batch size and order of work', async () => {
    const { record: other } = await audit({
      ...settings(),
      engine: { workers: 1, threads: 1, 'batch-size': 7 },
      models: modelsOf(['plain', 'scaled-logits']),
      attacks: [pgd],
      audits,
      output: join(folder, 'batches'),
    });
    for (const mask of ['plain', 'scaled-logits']) {
      expect(checksOf(other, mask)).toEqual(checksOf(record, mask));
    }
  });

  it('survive being resumed from a finished run', async () => {
    const { record: resumed } = await audit(
      { ...settings(), models: modelsOf(['plain', ...masked]), attacks: [pgd], audits, output: join(folder, 'out') },
      { resume: true },
    );
    expect(resumed.findings).toEqual(record.findings);
  });
});

it('a robust accuracy without checks says so', async () => {
  const run = { ...settings(), models: modelsOf(['plain']), attacks: [pgd], output: join(folder, 'unchecked') };
  const { record: unchecked } = await audit({ ...run, audits: ['robust-accuracy'] });
  expect(finding(unchecked, 'robust-accuracy').summary).toContain('(unverified)');
  expect(finding(record, 'robust-accuracy').summary).not.toContain('unverified');
});

describe.skipIf(data === undefined)('an adversarially trained network of others', () => {
  it('raises no false alarm', async () => {
    const { mean, std } = resnet2b.preprocessing;
    const { record: other } = await audit({
      ...settings(),
      models: { resnet: { file: resnet2b.path, mean, std } },
      data: { folder: join(data as string, 'cifar10'), limit: 100 },
      attacks: [{ attack: 'pgd', epsilon: ['2/255', '8/255'] }],
      audits,
      output: join(folder, 'resnet'),
    });
    expect(Object.values(verdicts(other, 'resnet'))).not.toContain('fail');
  });
});
