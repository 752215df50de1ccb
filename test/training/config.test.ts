/** Training configs: a short one is filled in, a wrong one is told in one go with places and nearest names, and the record's own form trains again. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/source.ts';
import { canonicalTraining } from '../../src/training/config/canonical.ts';
import { type ResolvedTraining, resolveTraining } from '../../src/training/config/resolve.ts';

async function resolved(text: string): Promise<ResolvedTraining> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'proofhouse-training-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'images/cat'), { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), '');
  writeFileSync(join(folder, 'people.csv'), '');
  writeFileSync(join(folder, 'train.yaml'), text);
  const source = await loadConfig(join(folder, 'train.yaml'));
  return resolveTraining(source.raw, source);
}
const complaint = async (text: string) => {
  const error: unknown = await resolved(text).catch((thrown: unknown) => thrown);
  return (error as Error).message;
};
const start = 'network: small-cnn\ndata: images\n';

describe('a training config', () => {
  test('of two lines is a whole plan', async () => {
    const { plan, checkpointMinutes, command, base } = await resolved(start);
    expect(plan).toMatchObject({
      network: { family: 'small-cnn' },
      preprocessing: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], channels: 'rgb' },
      objective: { name: 'pgd-at', options: { steps: 7 } },
      selection: { attack: { attack: 'pgd', norm: 'linf', epsilon: 8 / 255 } },
      batchSize: 64,
      portion: 32,
      learningRate: 0.05,
      output: join(base, 'training'),
    });
    expect(checkpointMinutes).toBe(10);
    expect(command).toBe('proofhouse train train.yaml');
  });

  test('goes on from given weights more carefully than from fresh ones', async () => {
    const rate = async (text: string) => (await resolved(`${text}\ndata: images\n`)).plan.learningRate;
    expect(await rate('network: model.onnx')).toBeCloseTo(0.01, 12);
    expect(await rate('network: { file: model.onnx, initialise: true }')).toBeCloseTo(0.05, 12);
    expect(await rate('network: model.onnx\noptimizer: adamw')).toBeCloseTo(0.0002, 12);
  });

  test('selects by what it defends against', async () => {
    const { plan } = await resolved(`${start}objective: { name: pgd-at, options: { norm: l2, epsilon: 0.5 } }\n`);
    expect(plan.selection.attack).toMatchObject({ attack: 'pgd', norm: 'l2', epsilon: 0.5 });
  });

  test('in its canonical form resolves to the same plan', async () => {
    const text = `network: { file: model.onnx, scope: head }
data: { manifest: people.csv, groups: [age] }
objective: { name: trades, options: { beta: 3 } }
optimizer: { name: adamw, weight-decay: 0.1 }
schedule: { name: step, at: [0.8, 0.3], factor: 0.5, warmup: 0.05 }
augmentation: { flip: false, colour-jitter: 0.2, cutout: 8, mixup: 0.4 }
selection: { attack: { attack: apgd, epsilon: 4/255 }, patience: 5 }
average: 0.99
clip: 1
`;
    const first = await resolved(text);
    const canonical = canonicalTraining(first.plan, first.base);
    // The same files, where the first config lies.
    const data = { ...(canonical.data as object) };
    const again = await resolved(JSON.stringify({ ...canonical, data }));
    const relocated = JSON.parse(JSON.stringify(again.plan).replaceAll(again.base, first.base)) as unknown;
    expect(relocated).toEqual(JSON.parse(JSON.stringify(first.plan)));
    expect(first.plan.schedule).toEqual({ name: 'step', warmup: 0.05, at: [0.3, 0.8], factor: 0.5 });
  });

  test.each([
    ['network: resnet-21\ndata: images\n', 'train.yaml:1:10', 'no network "resnet-21"', 'Did you mean "resnet-20"?'],
    [
      'network: modl.onnx\ndata: images\n',
      'train.yaml:1:10',
      'no file or folder modl.onnx',
      'Did you mean "model.onnx"?',
    ],
    [`${start}epoch: 3\n`, 'train.yaml:3:1', 'there is no such key', 'Did you mean "epochs"?'],
    [`${start}objective: pdg-at\n`, 'train.yaml:3:12', 'no objective "pdg-at"', 'Did you mean "pgd-at"?'],
    [`${start}objective: { name: pgd-at, options: { epsilon: 0 } }\n`, 'train.yaml:3', 'ε must be above 0', ''],
    [
      `${start}objective: { name: pgd-at, options: { step: 3 } }\n`,
      'train.yaml:3:39',
      'no such key',
      'Did you mean "steps"?',
    ],
    [`${start}optimizer: adm\n`, 'train.yaml:3:12', '"adm"', 'adamw'],
    [`${start}optimizer: { name: sgd, beta1: 0.9 }\n`, 'train.yaml:3:25', 'belongs to adamw, not to sgd', ''],
    [`${start}schedule: { name: cosine, factor: 0.1 }\n`, 'train.yaml:3:27', 'belongs to step, not to cosine', ''],
    [`${start}schedule: { name: one-cycle, warmup: 0.1 }\n`, 'train.yaml:3:30', 'rises by itself', ''],
    [`${start}batch-size: 60\nportion: 32\n`, 'train.yaml:4:10', 'a divisor of batch-size, which is 60', ''],
    [`${start}held-out: 1\n`, 'train.yaml:3:11', 'less than 1', ''],
    [`${start}learning-rate: .nan\n`, 'train.yaml:3:16', 'a number', ''],
    [`${start}label-smoothing: -0.1\n`, 'train.yaml:3:18', 'at least 0', ''],
    [`${start}selection: { attack: { attack: pgd, norm: l0 } }\n`, 'train.yaml:3:43', 'no norm of pgd', 'linf, l2, l1'],
    [`${start}selection: { attack: { attack: pgd, epsilon: 8 } }\n`, 'train.yaml:3:46', 'at most 1', '8/255'],
    [`${start}selection: { attack: universal }\n`, 'train.yaml:3:22', 'learns from a data set first', ''],
    [`${start}output: images/out\n`, 'train.yaml:3:9', 'must not lie inside the folder of images', ''],
  ])('%j is refused at its place', async (text, place, problem, hint) => {
    const message = await complaint(text);
    expect(message).toContain(place);
    expect(message).toContain(problem);
    expect(message).toContain(hint);
  });

  test('tells all that is wrong at once', async () => {
    const message = await complaint('network: nowhere.onnx\ndata: gone\nobjective: best\nportion: 30\n');
    expect(message.split('\n')).toHaveLength(4);
  });
});
