/** `proofhouse inspect`: what a model file is, layer by layer, and whether attacks can take its gradient. */
import { Command } from 'commander';
import type { Preprocessing } from '../config/plan.ts';
import type { Graph } from '../onnx/graph.ts';
import { colour, printable, printableLines } from './terminal.ts';

/** A median error beyond this is no rounding and no kink: the derived gradient is another function's. */
const worstMedian = 0.05;
const badInput = 2;
const cannotCertify = 3;

const line = (title: string, text: string) =>
  process.stdout.write(`${colour('bold', title.padEnd('multiply-adds'.length))}  ${text}\n`);

const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;

/** As large as the user says it, in the order that configs use. */
async function parseSize(written: string | undefined): Promise<[number, number] | undefined> {
  if (written === undefined) return undefined;
  const [, height, width] = /^([1-9]\d{0,4})[,x×]([1-9]\d{0,4})$/.exec(written) ?? [];
  if (height !== undefined) return [Number(height), Number(width)];
  const { InputError } = await import('../errors.ts');
  throw new InputError(`--size: expected height,width, got ${JSON.stringify(written)}.`, 'Write it as 224,224.');
}

/** The graph with its batch free and its constants folded, so that shape arithmetic is not among the layers. */
async function prepare(graph: Graph): Promise<Graph> {
  const [{ freeBatch }, { fold }, { InputError }] = await Promise.all([
    import('../onnx/batch.ts'),
    import('../onnx/fold.ts'),
    import('../errors.ts'),
  ]);
  try {
    return fold(freeBatch(graph));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return fold(graph);
  }
}

async function reportGradient(file: string, graph: Graph, size: [number, number] | undefined): Promise<number> {
  const [{ describeModel }, { checkGradients }, { InputError }, { readLayout }] = await Promise.all([
    import('../engine/describe.ts'),
    import('./gradient-check.ts'),
    import('../errors.ts'),
    import('../onnx/image-input.ts'),
  ]);
  const dims = graph.inputs.at(0)?.dims ?? [];
  const isFree = dims.slice(1).filter((dim) => typeof dim === 'string').length >= 2;
  const isGray = (readLayout(dims) === 'NHWC' ? dims[3] : dims[1]) === 1;
  const channels = isGray ? 'gray' : 'rgb';
  const spread = Array.from({ length: isGray ? 1 : 3 });
  const preprocessing: Preprocessing = {
    mean: spread.map(() => 0),
    std: spread.map(() => 1),
    channels,
    layout: 'auto',
    range: [0, 1],
  };
  const plan = { name: 'model', path: file, preprocessing };
  try {
    const { facts, shape } = await describeModel(plan, isFree ? size : undefined);
    line('sha256', facts.sha256);
    if (!facts.gradient.available) {
      line('gradient', `none can be derived: ${printable(facts.gradient.reason ?? '')}`);
      line('', 'Attacks whose access is score, decision or none can still be run.');
      return 0;
    }
    const { median, largest, directions, logitDifference } = await checkGradients(plan, shape);
    const sound = median <= worstMedian;
    line(
      'gradient',
      `${sound ? 'can be derived' : colour('red', 'is derived wrongly')}: central differences along ${directions} random directions differ by ${percent(median)} of its length (median; largest ${percent(largest)})`,
    );
    line('logits', `of the file and of the gradient graph differ by ${logitDifference.toPrecision(2)} at most`);
    return sound ? 0 : cannotCertify;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    line('gradient', `not checked: ${printableLines(error.message)}`);
    return 0;
  }
}

async function inspect(file: string, flags: { size?: string }): Promise<void> {
  const [{ readModel }, { explainImageSize, summarise }, { layerReport }, size] = await Promise.all([
    import('../onnx/read.ts'),
    import('../onnx/summary.ts'),
    import('./layer-report.ts'),
    parseSize(flags.size),
  ]);
  const graph = await readModel(file);
  const prepared = await prepare(graph);
  const obstacle = size && explainImageSize(prepared, size);
  process.stdout.write(`${layerReport(summarise(prepared, obstacle === undefined ? size : undefined))}\n`);
  if (obstacle !== undefined) {
    line('image size', colour('red', printableLines(obstacle)));
    process.exitCode = badInput;
    return;
  }
  process.exitCode = await reportGradient(file, graph, size);
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('layers of an ONNX file, its totals, and whether its gradient can be derived')
    .argument('<file>', 'ONNX file')
    .option('--size <height,width>', 'show it for images of this size, or say why it cannot take them')
    .action(inspect);
}
