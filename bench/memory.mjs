// Peak resident memory of whole runs: 10,000 images of 32×32, and 2,000 JPEGs of 640×480 resized to 224. It must not grow with the data set.
// Makes its own images and network in a temporary folder. Needs `npm run build`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { emptyGraph, GraphBuilder, tensor } from '../dist/src/onnx/graph.js';
import { writeModel } from '../dist/src/onnx/write.js';
import { createRandom } from '../dist/src/random.js';

const LIMIT_MB = 700;

if (process.argv[2] === 'run') {
  const { audit } = await import('../dist/src/index.js');
  await audit(JSON.parse(process.argv[3]));
  console.log(process.resourceUsage().maxRSS / 1024);
  process.exit();
}

const folder = mkdtempSync(join(tmpdir(), 'proofhouse-memory-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Stride-2 convolutions from 3 to 64 channels, global average pooling, two classes; takes any image size. */
function network(size) {
  const random = createRandom('memory', 'weights');
  const b = new GraphBuilder(emptyGraph('memory'));
  const weights = (dims) => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const scale = Math.sqrt((2 * dims[0]) / count);
    return b.constant(
      tensor.float32(
        dims,
        Float32Array.from({ length: count }, () => random.normal() * scale),
      ),
    );
  };
  let x = b.input('images', 'float32', ['N', 3, size, size]);
  let from = 3;
  for (const to of [16, 32, 64]) {
    const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
    x = b.op('Relu', [b.op('Conv', [x, weights([to, from, 3, 3])], attributes)]);
    from = to;
  }
  x = b.op('Gemm', [b.op('Flatten', [b.op('GlobalAveragePool', [x])]), weights([64, 2])]);
  b.graph.outputs = [{ name: x, type: 'float32', dims: ['N', 2] }];
  return writeModel(b.graph);
}

async function images(name, count, width, height, format) {
  const random = createRandom('memory', name);
  const path = join(folder, name);
  for (const label of ['a', 'b']) mkdirSync(join(path, label), { recursive: true });
  for (let i = 0; i < count; i++) {
    const background = { r: random.integer(256), g: random.integer(256), b: random.integer(256) };
    const noise = { type: 'gaussian', mean: 128, sigma: 30 };
    const file = join(path, i % 2 === 0 ? 'a' : 'b', `${i}.${format}`);
    const create =
      format === 'jpg' ? { width, height, channels: 3, noise } : { width, height, channels: 3, background };
    await sharp({ create }).toFormat(format).toFile(file);
  }
  return path;
}

for (const [count, width, height, size, format] of [
  [10_000, 32, 32, 32, 'png'],
  [2_000, 640, 480, 224, 'jpg'],
]) {
  const name = `${count} of ${width}×${height}`;
  const data = await images(`${count}`, count, width, height, format);
  const file = join(folder, `${size}.onnx`);
  writeFileSync(file, network(size));
  const config = {
    models: { network: file },
    data: { folder: data, resize: 'cover' },
    attacks: [{ attack: 'pgd', epsilon: ['2/255', '8/255'], options: { steps: 5 } }],
    output: join(folder, `out ${count}`),
  };
  const run = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'run', JSON.stringify(config)], {
    encoding: 'utf8',
  });
  const peak = Number(run.stdout.trim().split('\n').at(-1));
  if (run.status !== 0 || !(peak > 0)) throw new Error(run.stderr);
  console.log(`memory: ${name}: peak ${Math.round(peak)} MB (${peak <= LIMIT_MB ? 'meets' : 'misses'} ${LIMIT_MB} MB)`);
}
