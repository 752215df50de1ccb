/** `proofhouse merge <config> <shards...>`: one run of all its shards, judged as if it had never been divided. */
import { Command } from 'commander';
import { shellWord } from '../config/shell-word.ts';
import { addConfigFlags, type RunFlags } from './flag-options.ts';

async function merge(words: string[], { overwrite, ...flags }: RunFlags): Promise<void> {
  // Without a config the flags describe the run, and every word is a shard.
  const config = flags.model !== undefined && flags.data !== undefined ? undefined : words[0];
  const shards = config === undefined ? words : words.slice(1);
  const [{ InputError }, { baseOf, loadRun }, { judged }, { perform }] = await Promise.all([
    import('../errors.ts'),
    import('./load-run.ts'),
    import('./judged.ts'),
    import('./perform.ts'),
  ]);
  if (shards.length === 0)
    throw new InputError(
      'merge needs the config and the folders of all shards.',
      'proofhouse merge proofhouse.yaml shard-1 shard-2 shard-3 --output out',
    );
  const resolved = await loadRun(config, flags);
  const { mergeShards } = await import('../audit.ts');
  const again = ['proofhouse', ...process.argv.slice(2).filter((word) => word !== '--overwrite'), '--overwrite'];
  process.exitCode = await perform(again.map(shellWord).join(' '), async ({ onEvent }) =>
    judged(resolved, await mergeShards(resolved, shards, { onEvent, overwrite: overwrite === true }), baseOf(config)),
  );
}

export function mergeCommand(): Command {
  const command = new Command('merge')
    .description('make one run of the shards that `run --shard` wrote, and judge its gates')
    .argument('<config and shards...>', 'the config of the shards, then their folders; flags as the shards had them')
    .option('--overwrite', 'replace the run that the run folder holds')
    .addHelpText('after', '\nExit codes: as of run.');
  return addConfigFlags(command).action(merge);
}
