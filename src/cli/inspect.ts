/** `proofhouse inspect`: what a model file is, layer by layer, and whether attacks can take its gradient. */
import { Command } from 'commander';

async function inspect(file: string): Promise<void> {
  const [{ readModel }, { summarise }, { layerReport }] = await Promise.all([
    import('../onnx/read.ts'),
    import('../onnx/summary.ts'),
    import('./layer-report.ts'),
  ]);
  const graph = await readModel(file);
  process.stdout.write(layerReport(summarise(graph)));
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('layers, shapes, receptive fields, parameters and multiply-accumulates of an ONNX file')
    .argument('<file>', 'ONNX file')
    .action(inspect);
}
