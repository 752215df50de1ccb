/** `proofhouse run [config]`: audits the models of a config, or of flags alone, and renders the report. */
import { Command } from 'commander';
import { shellWord } from '../config/shell-word.ts';
import { addConfigFlags, type RunFlags } from './flag-options.ts';

/** The same command with --resume, as it was typed otherwise. */
function resumeCommand(): string {
  const typed = process.argv.slice(2).filter((word) => word !== '--resume' && word !== '--overwrite');
  return ['proofhouse', ...typed, '--resume'].map(shellWord).join(' ');
}

async function run(config: string | undefined, { resume, overwrite, ...flags }: RunFlags): Promise<void> {
  const [{ InputError }, { loadConfig }, { resolveConfig }] = await Promise.all([
    import('../errors.ts'),
    import('../config/source.ts'),
    import('../config/resolve.ts'),
  ]);
  if (resume && overwrite)
    throw new InputError('--resume and --overwrite contradict each other.', 'Resume the run, or begin it anew.');
  if (config === undefined && (flags.model === undefined || flags.data === undefined))
    throw new InputError(
      `run needs a config file, or both --model and --data${flags.model ? '; --data is missing' : flags.data ? '; --model is missing' : ''}.`,
      'proofhouse run proofhouse.yaml, or proofhouse run --model model.onnx --data images/ --attack pgd --epsilon 8/255',
    );
  const source = config === undefined ? { raw: {}, base: process.cwd() } : await loadConfig(config);
  const resolved = await resolveConfig(source.raw, { ...source, flags });
  const { perform } = await import('./perform.ts');
  process.exitCode = await perform(resolved, {
    again: resumeCommand(),
    resume: resume === true,
    overwrite: overwrite === true,
  });
}

export function runCommand(): Command {
  const command = new Command('run')
    .description('attack the models, audit who they fail, judge the gates, write the report')
    .argument('[config]', 'YAML file that describes the run; flags win over it')
    .option('--resume', 'finish a run that was interrupted, in the same run folder')
    .option('--overwrite', 'replace the run that the run folder holds')
    .addHelpText(
      'after',
      '\nExit codes: 0 every gate holds, 1 a gate fails, 2 the input is wrong, 3 cannot certify, 130 interrupted.',
    );
  return addConfigFlags(command).action(run);
}
