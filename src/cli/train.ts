/** `proofhouse train <config>`: trains a network against attacks, and says how to audit it before and after. */
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { shellWord } from '../config/shell-word.ts';
import type { TrainingEvent } from '../training/train.ts';
import { performShowing, resumeCommand, type Work } from './perform.ts';
import { printable } from './terminal.ts';
import { trainingProgress } from './training-progress.ts';

/** Milliseconds that one step of a large network may take, before an interrupted training is left to its last checkpoint. */
const PATIENCE = 60_000;

/** As `perform`, for a training. */
export const performTraining = (again: string, work: Work<TrainingEvent>): Promise<number> =>
  performShowing(trainingProgress, again, work, PATIENCE);

interface TrainFlags {
  resume?: true;
  overwrite?: true;
  output?: string;
}

async function train(config: string, { resume, overwrite, output }: TrainFlags): Promise<void> {
  const [{ InputError }, { loadConfig }, { resolveTraining }, { train: carryOut }, { TRAINING_FILES }] =
    await Promise.all([
      import('../errors.ts'),
      import('../config/source.ts'),
      import('../training/config/resolve.ts'),
      import('../training/train.ts'),
      import('../training/result.ts'),
    ]);
  if (resume && overwrite)
    throw new InputError('--resume and --overwrite contradict each other.', 'Resume the training, or begin it anew.');
  const source = await loadConfig(config);
  const resolved = await resolveTraining(source.raw, { ...source, output });
  process.exitCode = await performTraining(resumeCommand(), async (hooks) => {
    const held = { resume: resume === true, overwrite: overwrite === true };
    const { record, folder } = await carryOut(resolved, { ...hooks, ...held });
    const path = (file: string) => relative(process.cwd(), join(folder, file));
    return {
      text:
        `\n${printable(record.end.sentence)}\n` +
        `network  ${printable(path(TRAINING_FILES.model))}\nreport   ${printable(path(TRAINING_FILES.report))}\n` +
        `To audit it${record.network.sha256 === undefined ? '' : ' before and after, side by side'}:\n` +
        `  proofhouse run ${printable(shellWord(path(TRAINING_FILES.config)))}\n`,
      exitCode: 0,
    };
  });
}

export function trainCommand(): Command {
  return new Command('train')
    .description('train a network against attacks: a hardened ONNX file, its record and report, and an audit of it')
    .argument('<config>', 'YAML file that describes the training')
    .option('--resume', 'go on from the last checkpoint in the output folder')
    .option('--overwrite', 'replace the training that the output folder holds')
    .option('--output <folder>', 'folder to write to')
    .addHelpText('after', '\nExit codes: 0 trained, 2 the input is wrong or training diverged, 130 interrupted.')
    .action(train);
}
