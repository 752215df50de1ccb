/** `proofhouse run [config]`: audits the models of a config, or of flags alone, and renders the report. With --shard, a part of that. */
import { relative } from 'node:path';
import { Command } from 'commander';
import type { AuditHooks } from '../audit.ts';
import type { ResolvedRun } from '../config/resolved.ts';
import { shellWord } from '../config/shell-word.ts';
import type { Shard } from '../run/shard.ts';
import { addConfigFlags, type RunFlags } from './flag-options.ts';
import { type End, resumeCommand } from './perform.ts';
import { printable } from './terminal.ts';

async function run(config: string | undefined, { resume, overwrite, shard: part, ...flags }: RunFlags): Promise<void> {
  const [{ InputError }, { parseShard }, { baseOf, loadRun }] = await Promise.all([
    import('../errors.ts'),
    import('../run/shard.ts'),
    import('./load-run.ts'),
  ]);
  if (resume && overwrite)
    throw new InputError('--resume and --overwrite contradict each other.', 'Resume the run, or begin it anew.');
  if (config === undefined && (flags.model === undefined || flags.data === undefined))
    throw new InputError(
      `run needs a config file, or both --model and --data${flags.model ? '; --data is missing' : flags.data ? '; --model is missing' : ''}.`,
      'proofhouse run proofhouse.yaml, or proofhouse run --model model.onnx --data images/ --attack pgd --epsilon 8/255',
    );
  const shard = part === undefined ? undefined : parseShard(part);
  const resolved = await loadRun(config, flags);
  const [{ audit }, { judged }, { perform }] = await Promise.all([
    import('../audit.ts'),
    import('./judged.ts'),
    import('./perform.ts'),
  ]);
  const held = { resume: resume === true, overwrite: overwrite === true };
  process.exitCode = await perform(resumeCommand(), async (hooks) => {
    if (shard !== undefined) {
      const output = flags.output === undefined ? shardFolder(resolved.output, shard) : resolved.output;
      return sharded({ ...resolved, output }, shard, config, { ...hooks, ...held });
    }
    return judged(resolved, await audit(resolved, { ...hooks, ...held }), baseOf(config));
  });
}

/** Beside the run folder, so that the shards of one config do not meet in one folder. */
const shardFolder = (output: string, { index, count }: Shard) => `${output}-shard-${index}-of-${count}`;

async function sharded(
  resolved: ResolvedRun,
  shard: Shard,
  config: string | undefined,
  hooks: AuditHooks,
): Promise<End> {
  const { auditShard } = await import('../audit.ts');
  const { folder, examples, of } = await auditShard(resolved, shard, hooks);
  const merge = config === undefined ? '--model … --data …' : shellWord(config);
  return {
    text:
      `\nshard ${shard.index} of ${shard.count}: ${examples} of ${of} images, in ${printable(relative(process.cwd(), folder) || '.')}\n` +
      `No gate is judged yet. When all ${shard.count} are done, with the same flags:\n` +
      `  proofhouse merge ${printable(merge)} <the ${shard.count} shard folders> --output <run folder>\n`,
    exitCode: 0,
  };
}

export function runCommand(): Command {
  const command = new Command('run')
    .description('attack the models, audit who they fail, judge the gates, write the report')
    .argument('[config]', 'YAML file that describes the run; flags win over it')
    .option('--resume', 'finish a run that was interrupted, in the same run folder')
    .option('--overwrite', 'replace the run that the run folder holds')
    .option('--shard <i/n>', 'attack the i-th of n parts of the images; `merge` makes one run of the parts')
    .addHelpText(
      'after',
      '\nExit codes: 0 every gate holds, 1 a gate fails, 2 the input is wrong, 3 cannot certify, 130 interrupted.',
    );
  return addConfigFlags(command).action(run);
}
