/** `proofhouse init`: writes a commented starter config for a model and its data, so that the next command is `run`. */
import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { Command } from 'commander';
import { shellWord } from '../config/shell-word.ts';
import { repeated } from './flag-options.ts';
import { printable } from './terminal.ts';

interface InitFlags {
  model: string[];
  data: string;
  config: string;
}

async function init({ model: files, data: dataPath, config }: InitFlags): Promise<void> {
  const [{ InputError }, { splitModelFlag }, { systemErrorCode }, { describeData }, { readModel }, { starterConfig }] =
    await Promise.all([
      import('../errors.ts'),
      import('../config/flags.ts'),
      import('../config/paths.ts'),
      import('../dataset/describe.ts'),
      import('../onnx/read.ts'),
      import('./starter-config.ts'),
    ]);
  const folder = dirname(resolve(config));
  const fromConfig = (path: string) => (relative(folder, resolve(path)) || '.').split(sep).join('/');
  const models = [];
  for (const { name, file } of files.map(splitModelFlag)) {
    const { inputs, outputs } = await readModel(file);
    models.push({
      name,
      file: fromConfig(file),
      inputDims: inputs.at(0)?.dims ?? [],
      outputDims: outputs.at(0)?.dims ?? [],
    });
  }
  const text = starterConfig({ models, dataPath: fromConfig(dataPath), data: await describeData(dataPath) });
  try {
    await writeFile(config, text, { flag: 'wx' });
  } catch (error) {
    const code = systemErrorCode(error);
    throw code === 'EEXIST'
      ? new InputError(`${config} exists already and was left as it is.`, 'Remove it, or name another with --config.', {
          cause: error,
        })
      : new InputError(`${config} cannot be written (${code}).`, 'Name a file in a folder that can be written to.', {
          cause: error,
        });
  }
  process.stdout.write(
    `${printable(config)} is written. Look through it, then:\n  proofhouse run ${shellWord(config)}\n`,
  );
}

export function initCommand(): Command {
  return new Command('init')
    .description('write a commented starter config for a model and its data')
    .requiredOption('--model <file>', 'ONNX file, or name=file; repeat for several models', repeated)
    .requiredOption('--data <path>', 'folder with one folder per class, or a CSV manifest')
    .option('--config <file>', 'config to write', 'proofhouse.yaml')
    .action(init);
}
