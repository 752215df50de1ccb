/**
 * Every kind of bad input, as its person meets it: by the flags and the configs of `proofhouse run`, told in sentences. What the command
 * makes of such an error, exit code 2 and no stack trace, is told once; starting it for each case would take most of the time.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit } from '../../src/audit.ts';
import { addConfigFlags, type RunFlags } from '../../src/cli/flag-options.ts';
import { loadRun } from '../../src/cli/load-run.ts';
import { InputError } from '../../src/errors.ts';
import { emptyGraph, GraphBuilder, tensor } from '../../src/onnx/graph.ts';
import { writeModel } from '../../src/onnx/write.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const demo = join(root, 'fixtures/demo');
const portraits = readFileSync(join(demo, 'portraits.csv'), 'utf8').trimEnd().split('\n');
/** The header, four neutral faces and four smiling ones. */
const manifest = [...portraits.slice(0, 5), ...portraits.slice(-4)];

let folder: string;
const path = (name: string) => join(folder, name);

function proofhouse(...words: string[]): { status: number | null; said: string } {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, 'dist/src/cli/main.js'), ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, said: stderr + stdout };
}

/** Runs as the command would, and expects an error that is meant for the person, with every phrase in it. */
async function refused(words: string[], ...phrases: (string | RegExp)[]): Promise<void> {
  const command = addConfigFlags(new Command().argument('[config]').option('--overwrite'));
  command.parse(words, { from: 'user' });
  const { overwrite, ...flags } = command.opts<RunFlags>();
  const error: unknown = await loadRun(command.args.at(0), flags)
    .then((run) => audit(run, { overwrite }))
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  for (const phrase of phrases) expect((error as InputError).message).toMatch(phrase);
}

/** A classifier of 8×8 images that ends in whatever `build` makes of the pooled features. */
function model(
  name: string,
  build: (b: GraphBuilder, features: string, weights: string) => string,
  weight = 0.5,
): string {
  const b = new GraphBuilder(emptyGraph('test'));
  const images = b.input('images', 'float32', ['N', 3, 8, 8]);
  const features = b.op('Flatten', [b.op('GlobalAveragePool', [images])]);
  const weights = b.constant(tensor.float32([3, 2], [weight, -1, 1, 0.5, -0.5, 1]), 'weights');
  b.graph.outputs = [{ name: build(b, features, weights), type: 'float32', dims: ['N', 2] }];
  writeFileSync(path(name), writeModel(b.graph));
  return name;
}

const linear = (b: GraphBuilder, features: string, weights: string) => b.op('MatMul', [features, weights]);

/** A manifest of the demo's first images with the given header and lines. */
function csv(name: string, ...lines: string[]): string {
  writeFileSync(path(name), lines.join('\n'));
  return name;
}
const portrait = (i: number) => manifest[i].split(',')[0];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proofhouse-bad-'));
  cpSync(join(demo, 'standard.onnx'), path('good.onnx'));
  mkdirSync(path('images'));
  for (let i = 1; i <= 8; i++) cpSync(join(demo, portrait(i)), path(portrait(i)));
  csv('good.csv', ...manifest);
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(root);
  rmSync(folder, { recursive: true, force: true });
});

it.each([
  ['a flag', ['--model', 'none.onnx', '--data', 'good.csv']],
  ['a config', ['none.yaml']],
])('the command ends with 2 and the sentence, without a trace of our own code: %s', async (_, words) => {
  const { status, said } = proofhouse('run', ...words);
  expect(status, said).toBe(2);
  expect(said).toMatch(/error {2}.*none\./);
  expect(said).not.toMatch(/\n\s+at .*:\d+:\d+|defect of Proofhouse/);
});

describe('a model', () => {
  const run = (file: string) => ['--model', file, '--data', 'good.csv', '--epsilon', '2/255'];
  it('that is missing', () => refused(run('none.onnx'), /no file or folder none\.onnx/));
  it('that is a folder', () => refused(run('images'), /expected an ONNX file; images is a folder/));
  it('of random bytes', async () => {
    writeFileSync(path('random.onnx'), randomBytes(4096));
    await refused(run('random.onnx'), 'random.onnx', /not ONNX|holds no network|cut short/);
  });
  it('of no bytes, which parse as a valid model', async () => {
    writeFileSync(path('empty.onnx'), '');
    await refused(run('empty.onnx'), /empty\.onnx" is empty/);
  });
  it('that was cut short', async () => {
    writeFileSync(path('short.onnx'), readFileSync(path('good.onnx')).subarray(0, 90_000));
    await refused(run('short.onnx'), /short\.onnx" is not ONNX, or was cut short/);
  });
  it('with weights that are not numbers', () =>
    refused(run(model('nan.onnx', linear, Number.NaN)), /nan\.onnx/, /weights/, /NaN/));
  it('with an operator that has no gradient: named, with its node and what can still be run', () =>
    refused(
      run(model('round.onnx', (b, features, weights) => b.op('Round', [linear(b, features, weights)]))),
      /round\.onnx: no gradient can be derived, which pgd needs/,
      /"Round" node/,
      /scores or labels only can still be run/,
    ));
  it('of another number of channels', () =>
    refused([...run('good.onnx'), '--channels', 'gray'], /has 3 channels \(NCHW\), but channels: gray makes 1/));
  it('whose logits are not numbers for some images: their ids, and the rest is kept', async () => {
    // 1 / (0 · x) is infinite, and times 0 it is not a number.
    const file = model('inf.onnx', (b, features, weights) => {
      const zero = b.op('Mul', [linear(b, features, weights), b.scalar(0)]);
      return b.op('Mul', [b.op('Div', [b.scalar(1), zero]), zero]);
    });
    writeFileSync(
      path('inf.yaml'),
      `models: { m: ${file} }\ndata: { manifest: good.csv, resize: stretch }\nattacks: []\noutput: out-inf\n`,
    );
    await refused(['inf.yaml'], /logits of 8 images are not finite/, portrait(1), /kept for --resume/);
    expect(existsSync(path('out-inf/journal.ndjson'))).toBe(true);
    const { status, said } = proofhouse('inspect', file);
    expect(status, said).toBe(0);
    expect(said).toMatch(/gradient +not checked: .*logits that are not finite numbers/);
  });
});

describe('images', () => {
  const run = (file: string) => [
    '--model',
    'good.onnx',
    '--data',
    file,
    '--epsilon',
    '2/255',
    '--output',
    'out-images',
  ];
  it('that are corrupt or empty: all of them, not the first', async () => {
    mkdirSync(path('broken'));
    writeFileSync(path('broken/a.png'), 'not a picture');
    writeFileSync(path('broken/b.jpg'), '');
    writeFileSync(path('broken/c.webp'), readFileSync(path(portrait(1))).subarray(0, 200));
    csv('broken.csv', 'path,label', 'broken/a.png,neutral', 'broken/b.jpg,smiling', 'broken/c.webp,neutral');
    await refused(run('broken.csv'), /3 images cannot be used/, 'a.png', /b\.jpg" is empty/, 'c.webp');
  });
  it('of another size', async () => {
    await refused(['--model', model('small.onnx', linear), '--data', 'good.csv'], /64/, /8/, /resize/);
  });
});

describe('a manifest', () => {
  const run = (file: string) => ['--model', 'good.onnx', '--data', file, '--epsilon', '2/255', '--output', 'out-csv'];
  it('without the column of images', () =>
    refused(run(csv('columns.csv', 'file,label', `${portrait(1)},neutral`)), /"path"/, /"file", "label"/));
  it('without rows', () => refused(run(csv('none.csv', 'path,label')), /none\.csv/, /no (rows|images|examples)/));
  it('with the same id twice', () =>
    refused(
      run(csv('twice.csv', 'path,label', `${portrait(1)},neutral`, `${portrait(1)},smiling`)),
      portrait(1),
      /used by more than one example/,
    ));
  it('with another number of classes than the model has logits', async () => {
    const rows = ['a', 'b', 'c'].map((label, i) => `${portrait(i + 1)},${label}`);
    await refused(run(csv('three.csv', 'path,label', ...rows)), /3 classes/, /2 logits/);
  });
  it('with a label outside the classes', async () => {
    csv('label.csv', 'path,label', `${portrait(1)},neutral`, `${portrait(2)},smilling`);
    writeFileSync(
      path('label.yaml'),
      'models: { m: good.onnx }\ndata: { manifest: label.csv, classes: [neutral, smiling] }\noutput: out-label\n',
    );
    await refused(['label.yaml'], /"smilling"/, /"smiling"/);
  });
  it('whose paths leave its folder', () =>
    refused(
      run(csv('escape.csv', 'path,label', '../../etc/passwd,neutral', `${portrait(1)},smiling`)),
      /escape\.csv|passwd/,
      /outside|leave|inside/,
    ));
  it('with BOM, CRLF and quoted line ends is no bad input', async () => {
    const rows = [`${portrait(1)},neutral,"two\r\nlines, quoted"`, `${portrait(2)},smiling,`];
    writeFileSync(path('fine.csv'), `\uFEFFpath,label,note\r\n${rows.join('\r\n')}\r\n`);
    const { status, said } = proofhouse('run', ...run('fine.csv'), '--attack', 'fgsm');
    expect(status, said).toBe(0);
  });
});

describe('a config', () => {
  const config = (text: string) => {
    writeFileSync(path('c.yaml'), text);
    return ['c.yaml'];
  };
  const head = 'models: { m: good.onnx }\ndata: good.csv\noutput: out-config\n';
  it('that is no YAML: line and column', () => refused(config('models:\n  a: b.onnx\n data: x\n'), /c\.yaml:3:1/));
  it('with an unknown attack: the nearest', () =>
    refused(config(`${head}attacks: [pdg]\n`), /c\.yaml:4:11/, /no attack "pdg"\. Did you mean "pgd"/));
  it('with an unknown option: the nearest', () =>
    refused(config(`${head}attacks: [{ attack: pgd, options: { stepz: 4 } }]\n`), /stepz.*Did you mean "steps"/));
  it.each([
    ['8', /Did you mean 8\/255/],
    ['-2/255', /greater than 0/],
    ['0', /greater than 0/],
    ['2/0', /2\/0/],
    ['abc', /abc/],
  ])('with ε %s', (epsilon, phrase) =>
    refused(config(`${head}attacks: [{ attack: pgd, epsilon: ${epsilon} }]\n`), phrase),
  );
  it.each([
    ['robust-acuracy@fgsm:linf:2/255', 0.1, /Did you mean "robust-accuracy@fgsm:linf:2\/255"/],
    ['fnr.smiling@clean[skin=darker]', 0.1, /Did you mean "fnr\.smiling@clean\[skin_tone=darker\]"/],
    ['health-checks-failed', 0, /Known: clean-accuracy, robust-accuracy, .*fnr/],
    ['clean-accuracy', 80, /For 80 % write 0\.8/],
  ])('with a gate on %s of %d: told before anything is attacked', async (metric, floor, phrase) => {
    const words = config(
      `${head}attacks: [{ attack: fgsm, epsilon: 2/255 }]\ngates: [{ metric: '${metric}', floor: ${floor} }]\n`.replace(
        'out-config',
        'out-gates',
      ),
    );
    await refused(words, phrase);
    expect(readdirSync(path('out-gates')).toSorted()).toEqual(['junit.xml', 'results.json', 'summary.md']);
  });
});

describe('an output folder', () => {
  const run = [
    '--model',
    'good.onnx',
    '--data',
    'good.csv',
    '--attack',
    'fgsm',
    '--epsilon',
    '2/255',
    '--output',
    'out',
  ];
  it('that holds a run: how to resume or replace it, and it is left as it is', async () => {
    expect(proofhouse('run', ...run).status).toBe(0);
    const before = readFileSync(path('out/results.json'), 'utf8');
    await refused(run, /already holds a run/, /--resume/, /--overwrite/);
    await refused([...run.with(3, 'none.csv'), '--overwrite'], /none\.csv/);
    expect(readFileSync(path('out/results.json'), 'utf8')).toBe(before);
  });
  it('that is a file', () => refused(run.with(run.length - 1, 'good.csv'), /good\.csv cannot be written/));
  it.skipIf(process.getuid?.() === 0)('that may not be written', async () => {
    mkdirSync(path('locked'));
    chmodSync(path('locked'), 0o500);
    await refused(run.with(run.length - 1, 'locked'), /locked cannot be written/);
  });
});

describe('names from outside', () => {
  it('are shown in the terminal, never obeyed', async () => {
    const hostile = '\u001b[2J<img src=x onerror=alert(1)>';
    csv('hostile.csv', 'path,label,group', `${portrait(1)},${hostile},"${hostile}"`, `${portrait(2)},ok,../../x`);
    const { status, said } = proofhouse(
      'run',
      '--model',
      'good.onnx',
      '--data',
      'hostile.csv',
      '--attack',
      'fgsm',
      '--output',
      'out-hostile',
    );
    expect(status, said).toBe(0);
    expect(said).not.toContain('\u001b[2J');
    const report = readFileSync(path('out-hostile/report.html'), 'utf8');
    expect(report).not.toContain('<img src=x');
    expect(report).toContain('&lt;img src');
  });
});
