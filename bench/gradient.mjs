// Input-gradient throughput against PyTorch CPU: CIFAR ResNet-20 shapes of width 16 and 64 with the same random weights on
// both sides, batch 32, cross-entropy, gradient with respect to the input alone. Rounds alternate; medians are compared.
// Needs `npm run build` first. PROOFHOUSE_PYTHON names a Python with PyTorch; `python3` by default.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import seedrandom from 'seedrandom';
import { differentiate } from '../dist/src/onnx/gradient/index.js';
import { emptyGraph, GraphBuilder, tensor } from '../dist/src/onnx/graph.js';
import { writeModel } from '../dist/src/onnx/write.js';

const BATCH = 32;
const CLASSES = 10;
const ROUNDS = 9;
/** Time one side runs in each round, and the pause before it, in ms: idle threads of the other side must have gone to sleep. */
const ROUND_MS = 600;
const PAUSE_MS = 150;
const TARGET = 1.3;

const python = process.env.PROOFHOUSE_PYTHON ?? 'python3';
const folder = mkdtempSync(join(tmpdir(), 'proofhouse-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function network(width) {
  const random = seedrandom.alea(`resnet20-${width}`);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const blocks = [1, 2, 4].flatMap((times, stage) =>
    [0, 1, 2].map((block) => [width * times, stage > 0 && block === 0 ? 2 : 1]),
  );
  const graph = emptyGraph(`resnet20-${width}`, 20);
  const b = new GraphBuilder(graph);
  const layers = [];
  const weights = [];
  const parameters = (kernel, stride) => {
    const count = kernel.reduce((product, size) => product * size, 1);
    // He et al. 2015: variance 2 / fan-in.
    const scale = Math.sqrt((2 * kernel[0]) / count);
    const weight = Float32Array.from({ length: count }, () => normal() * scale);
    const bias = Float32Array.from({ length: kernel[0] }, () => normal() * 0.1);
    layers.push({ kernel, stride });
    weights.push(weight, bias);
    return [b.constant(tensor.float32(kernel, weight)), b.constant(tensor.float32([kernel[0]], bias))];
  };
  const conv = (x, from, to, size, stride) => {
    const pad = (size - 1) / 2;
    const attributes = { kernel_shape: [size, size], strides: [stride, stride], pads: [pad, pad, pad, pad] };
    return b.op('Conv', [x, ...parameters([to, from, size, size], stride)], attributes);
  };
  let x = b.op('Relu', [conv(b.input('images', 'float32', ['N', 3, 32, 32]), 3, width, 3, 1)]);
  let from = width;
  for (const [to, stride] of blocks) {
    const inner = conv(b.op('Relu', [conv(x, from, to, 3, stride)]), to, to, 3, 1);
    const skip = stride === 2 ? conv(x, from, to, 1, 2) : x;
    x = b.op('Relu', [b.op('Add', [inner, skip])]);
    from = to;
  }
  const pooled = b.op('Flatten', [b.op('GlobalAveragePool', [x])]);
  const logits = b.op('Gemm', [pooled, ...parameters([CLASSES, from], 1)], { transB: 1 });

  const targets = b.input('targets', 'float32', ['N', CLASSES]);
  const log = b.op('LogSoftmax', [logits]);
  const ones = b.constant(tensor.float32([CLASSES, 1], new Float32Array(CLASSES).fill(-1)));
  const loss = b.op('MatMul', [b.op('Mul', [log, targets]), ones]);
  const cotangent = b.op('Sub', [b.op('Exp', [log]), targets]);
  const gradient = differentiate(b, { output: logits, cotangent, input: 'images' });
  graph.outputs = [
    { name: loss, type: 'float32', dims: ['N', 1] },
    { name: gradient, type: 'float32', dims: ['N', 3, 32, 32] },
  ];
  return { graph, gradient, layers, blocks, weights };
}

const runsIn = (ms) => Math.max(1, Math.round(ROUND_MS / ms));

const bytes = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function save(name, arrays) {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(arrays.map(bytes)));
  return path;
}

async function compare(width, threads) {
  const { graph, gradient, layers, blocks, weights } = network(width);
  const random = seedrandom.alea(`images-${width}`);
  const images = Float32Array.from({ length: BATCH * 3 * 32 * 32 }, () => random());
  const labels = Array.from({ length: BATCH }, () => Math.floor(random() * CLASSES));
  const targets = new Float32Array(BATCH * CLASSES);
  for (const [row, label] of labels.entries()) targets[row * CLASSES + label] = 1;

  const model = join(folder, `resnet20-${width}.onnx`);
  writeFileSync(model, writeModel(graph));
  const session = await InferenceSession.create(model, {
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    logSeverityLevel: 4,
  });
  const feeds = {
    images: new Tensor('float32', images, [BATCH, 3, 32, 32]),
    targets: new Tensor('float32', targets, [BATCH, CLASSES]),
  };
  const ours = async (runs) => {
    const start = performance.now();
    for (let run = 0; run < runs; run++) await session.run(feeds);
    return (performance.now() - start) / runs;
  };

  const torch = spawn(python, [fileURLToPath(new URL('gradient.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: torch.stdout })[Symbol.asyncIterator]();
  const ask = async (command) => {
    torch.stdin.write(`${JSON.stringify(command)}\n`);
    return JSON.parse((await lines.next()).value);
  };
  const setup = { threads, batch: BATCH, labels, layers, blocks };
  const { version } = await ask({ ...setup, weights: save('weights', weights), images: save('images', [images]) });
  const theirs = async (runs) => (await ask({ runs })).ms;

  const reference = join(folder, 'gradient');
  await ask({ gradient: reference });
  const expected = new Float32Array(new Uint8Array(readFileSync(reference)).buffer);
  const actual = (await session.run(feeds))[gradient].data;
  const error = Math.sqrt(
    expected.reduce((sum, value, i) => sum + (value - actual[i]) ** 2, 0) /
      expected.reduce((sum, value) => sum + value ** 2, 0),
  );

  const [ourRuns, theirRuns] = [runsIn(await ours(3)), runsIn(await theirs(3))];
  const times = { ours: [], theirs: [] };
  for (let round = 0; round < ROUNDS; round++) {
    await sleep(PAUSE_MS);
    times.ours.push(await ours(ourRuns));
    await sleep(PAUSE_MS);
    times.theirs.push(await theirs(theirRuns));
  }
  torch.stdin.end();
  await session.release();
  const ratio = median(times.theirs.map((ms, round) => ms / times.ours[round]));
  console.log(
    `width ${width}, ${threads} thread${threads > 1 ? 's' : ''}: ONNX gradient graph ${median(times.ours).toFixed(1)} ms, ` +
      `PyTorch ${version} ${median(times.theirs).toFixed(1)} ms, ratio ${ratio.toFixed(2)} ` +
      `(target ${TARGET}: ${ratio >= TARGET ? 'met' : 'missed'}); gradients differ by ${error.toExponential(1)} (relative L2)`,
  );
}

if (spawnSync(python, ['-c', 'import torch, numpy']).status === 0) {
  for (const threads of [1, 2]) for (const width of [16, 64]) await compare(width, threads);
} else {
  console.log(`gradient: skipped, ${python} has no PyTorch (set PROOFHOUSE_PYTHON to one that has)`);
}
