/** The built command as a process: exit codes, what goes where, and files it writes. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { GraphBuilder, tensor } from '../../src/onnx/graph.ts';
import { writeModel } from '../../src/onnx/write.ts';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const example = fileURLToPath(new URL('../../examples/attacks/random-search.ts', import.meta.url));

beforeAll(() => {
  if (!existsSync(main)) throw new Error('The command is not built: npm run build');
});

function workplace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'proofhouse-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function proofhouse(cwd: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}

/** Mean brightness against a threshold: dark is class 0, bright class 1. */
function brightness(): Uint8Array {
  const builder = new GraphBuilder({
    name: 'brightness',
    opset: 13,
    domains: {},
    nodes: [],
    initializers: new Map(),
    inputs: [],
    outputs: [],
    producer: 'test',
    irVersion: 8,
  });
  const image = builder.input('image', 'float32', ['N', 3, 4, 4]);
  const pooled = builder.op('Flatten', [builder.op('GlobalAveragePool', [image])]);
  const weight = builder.constant(tensor.float32([2, 3], [-1, -1, -1, 1, 1, 1]));
  const bias = builder.constant(tensor.float32([2], [1.5, -1.5]));
  const logits = builder.op('Gemm', [pooled, weight, bias], { transB: 1 });
  builder.graph.outputs.push({ name: logits, type: 'float32', dims: ['N', 2] });
  return writeModel(builder.graph);
}

/** A folder with model.onnx and images/dark, images/bright of four 4×4 greys each. */
async function smallProject(): Promise<string> {
  const folder = workplace();
  writeFileSync(join(folder, 'model.onnx'), brightness());
  const greys = { dark: [20, 60, 100, 126], bright: [129, 160, 200, 250] };
  for (const [name, values] of Object.entries(greys)) {
    mkdirSync(join(folder, 'images', name), { recursive: true });
    for (const value of values)
      await sharp({ create: { width: 4, height: 4, channels: 3, background: { r: value, g: value, b: value } } })
        .png()
        .toFile(join(folder, 'images', name, `${value}.png`));
  }
  return folder;
}

it('runs a model without leaving a trace outside: no device id, cache or queue of events for the runtime’s maker', () => {
  const folder = workplace();
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(folder, 'model.onnx'), brightness());
  const { status } = spawnSync(process.execPath, [main, 'inspect', 'model.onnx'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: elsewhere, XDG_CACHE_HOME: elsewhere, TMPDIR: elsewhere },
  });
  expect(status).toBe(0);
  expect(readdirSync(elsewhere)).toEqual([]);
});

describe('the command line', () => {
  it.each([
    [['--help'], 0],
    [['--version'], 0],
    [['run', '--help'], 0],
  ])('%j succeeds', (words, status) => {
    expect(proofhouse(workplace(), ...words).status).toBe(status);
  });

  it.each([
    [['lst'], 'Did you mean list?'],
    [['run', '--modle', 'x'], 'Did you mean --model?'],
    [['run', 'a.yaml', 'b.yaml'], 'too many arguments'],
    [['list', 'atacks'], 'Allowed choices are attacks, audits, reports'],
    [['run'], 'run needs a config file, or both --model and --data'],
    [['run', '--model', 'm.onnx'], '--data is missing'],
    [['run', 'gone.yaml'], 'there is no such config file'],
    [['run', 'a.yaml', '--resume', '--overwrite'], 'contradict each other'],
    [['inspect', 'gone.onnx'], 'gone.onnx'],
    [['inspect', 'gone.onnx', '--size', 'big'], '--size: expected height,width'],
    [['init', '--model', 'gone.onnx', '--data', '.'], 'gone.onnx'],
    [['list', '--plugin', './gone.ts'], 'there is no file or folder ./gone.ts'],
  ])('%j is bad input', (words, message) => {
    const { status, stderr } = proofhouse(workplace(), ...words);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('names line and column of a mistake in the config', () => {
    const folder = workplace();
    writeFileSync(join(folder, 'p.yaml'), 'models: { a: a.onnx }\nseeed: 1\ndata: .\n');
    const { status, stderr } = proofhouse(folder, 'run', 'p.yaml');
    expect(status).toBe(2);
    expect(stderr).toContain('p.yaml:2:1  seeed: there is no such key. Did you mean "seed"?');
  });
});

describe('a defect', () => {
  it('thrown where nothing waits for it ends with 3, which no gate does by failing, and no line of it is a workflow command', () => {
    const folder = workplace();
    writeFileSync(
      join(folder, 'late.mjs'),
      `import { defineReport, z } from 'proofhouse/plugin';
setTimeout(() => { throw new Error('late\\n::error::x'); }, 0);
export default defineReport({ name: 'late', title: 'Late', file: 'a.txt', options: z.strictObject({}), render: () => '' });`,
    );
    const { status, stderr } = proofhouse(folder, 'list', '--plugin', './late.mjs');
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('defect of Proofhouse');
    expect(stderr).toContain('Error: late');
    expect(stderr).not.toMatch(/^\s*::/m);
  });
});

describe('list', () => {
  it('reads like a catalogue, from the declarations', () => {
    const { status, stdout } = proofhouse(workplace(), 'list', 'attacks');
    expect(status).toBe(0);
    expect(stdout).toContain('pgd  Projected gradient descent');
    expect(stdout).toContain('Madry et al. 2018, arXiv:1706.06083');
    expect(stdout).toMatch(/threats linf, l2, l1/);
    expect(stdout).toMatch(/steps +whole number > 0 +default 40/);
    expect(stdout).not.toContain('Audits');
  });

  it('says the same to machines, with options as JSON Schema', () => {
    const listed = JSON.parse(proofhouse(workplace(), 'list', '--json').stdout);
    expect(Object.keys(listed)).toEqual(['attacks', 'audits', 'reports', 'objectives']);
    const pgd = listed.attacks.find(({ name }: { name: string }) => name === 'pgd');
    expect(pgd).toMatchObject({
      access: 'gradient',
      options: { properties: { steps: { type: 'integer', default: 40 } } },
    });
  });

  it("shows a user's TypeScript plugin like a built-in", () => {
    const { status, stdout } = proofhouse(workplace(), 'list', 'attacks', '--plugin', example);
    expect(status).toBe(0);
    expect(stdout).toContain('random-search  Random search in the ball');
    expect(stdout).toMatch(/tries +whole number > 0 +default 100 +random points at most/);
  });
});

describe('inspect', () => {
  it('counts layers and finds the gradient right', async () => {
    const { status, stdout } = proofhouse(await smallProject(), 'inspect', 'model.onnx');
    expect(status).toBe(0);
    // 2 outputs of 3 means each, and 6 weights with 2 biases.
    expect(stdout).toMatch(/Gemm .* 8 +6$/m);
    expect(stdout).toMatch(/gradient +can be derived/);
  });
});

describe('init, then run', () => {
  it('needs nothing in between', async () => {
    const folder = await smallProject();
    const written = proofhouse(folder, 'init', '--model', 'model.onnx', '--data', 'images');
    expect(written).toMatchObject({ status: 0, stderr: '' });
    const config = parse(readFileSync(join(folder, 'proofhouse.yaml'), 'utf8'));
    expect(config).toMatchObject({
      models: { model: { file: 'model.onnx', channels: 'rgb', layout: 'nchw' } },
      data: { folder: 'images', classes: ['bright', 'dark'], resize: 'error' },
    });

    const again = proofhouse(folder, 'init', '--model', 'model.onnx', '--data', 'images');
    expect(again.status).toBe(2);
    expect(again.stderr).toContain('exists already');

    // The network's class 0 is dark.
    const text = readFileSync(join(folder, 'proofhouse.yaml'), 'utf8').replace('[bright, dark]', '[dark, bright]');
    writeFileSync(join(folder, 'proofhouse.yaml'), text);
    const run = proofhouse(folder, 'run', 'proofhouse.yaml', '--seed', '1', '--output', 'here');
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout.trimEnd().split('\n').at(-1)).toBe('report  here/report.html');
    expect(run.stderr).toMatch(/100 %/);
    const record = JSON.parse(readFileSync(join(folder, 'here/results.json'), 'utf8'));
    expect(record).toMatchObject({ seed: 1, command: 'proofhouse run proofhouse.yaml --seed 1' });
    // Mean brightness moves by exactly ε: at 2/255 only the greys 126 and 129 cross 127.5, at 8/255 no more do.
    expect(run.stdout).toMatch(/clean-accuracy +100\.0 %/);
    expect(run.stdout).toMatch(/robust-accuracy@pgd:linf:2\/255 +75\.0 %/);
    expect(run.stdout).toMatch(/robust-accuracy@pgd:linf:8\/255 +75\.0 %/);

    const twice = proofhouse(folder, 'run', 'proofhouse.yaml', '--output', 'here');
    expect(twice.status).toBe(2);
    expect(twice.stderr).toMatch(/--resume|--overwrite/);
  });
});

describe('gates', () => {
  it.each([
    ['holds', 'floor: 0.5, by: point', 0],
    ['fails', 'floor: 0.9, by: point', 1],
    // Six of eight at 95 %: the exact interval spans 0.6.
    ['cannot be judged', 'floor: 0.6, by: bound', 3],
  ])('that %s gives its exit code', async (_, limit, status) => {
    const folder = await smallProject();
    writeFileSync(
      join(folder, 'p.yaml'),
      `models: { model: model.onnx }
data: { folder: images, classes: [dark, bright] }
plugins: [${JSON.stringify(example)}]
attacks: [{ attack: pgd, epsilon: 2/255 }, { attack: random-search, epsilon: 2/255, options: { tries: 2 } }]
audits: [robust-accuracy]
gates: [{ metric: 'robust-accuracy@pgd:linf:2/255', ${limit} }]
`,
    );
    const { status: actual, stdout, stderr } = proofhouse(folder, 'run', 'p.yaml');
    expect(actual, stderr).toBe(status);
    expect(stdout).toContain('robust-accuracy@random-search:linf:2/255');
  });
});

describe('Ctrl-C', () => {
  it('ends with 130 and says how to resume', async () => {
    const folder = await smallProject();
    writeFileSync(
      join(folder, 'p.yaml'),
      `models: { model: model.onnx }
data: { folder: images, classes: [dark, bright] }
attacks: [{ attack: pgd, epsilon: 2/255, options: { steps: 1000000 } }]
`,
    );
    const child = spawn(process.execPath, [main, 'run', 'p.yaml'], { cwd: folder });
    let told = '';
    child.stderr.on('data', (chunk) => {
      // The stage begins a moment before its first question; the signal must be taken at any time.
      if (!told.includes('attacking') && `${told}${chunk}`.includes('attacking')) child.kill('SIGINT');
      told += chunk;
    });
    const end = await new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
    // A busy machine may take longer to stop than it is given: then the signal itself ends it, which a shell calls 130 too.
    expect([130, 'SIGINT'], told).toContain(end);
    expect(told).toContain('proofhouse run p.yaml --resume');
    const record = JSON.parse(readFileSync(join(folder, 'out/results.json'), 'utf8'));
    expect(record).toMatchObject({
      verdict: { status: 'error' },
      partial: { resume: expect.stringContaining('--resume') },
    });
  }, 60_000);
});
