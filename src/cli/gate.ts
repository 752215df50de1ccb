/** `proofhouse gate <run> [config]`: judges a finished run again, without attacking anything. */
import { join, relative } from 'node:path';
import { Command } from 'commander';
import type { GateFlags } from '../run/rejudge.ts';
import { addGateFlags } from './flag-options.ts';

async function gate(run: string, config: string | undefined, flags: GateFlags): Promise<void> {
  const [{ rejudgeFolder }, { loadConfig }, { tellGitHub }, { summary }, { exitCode }] = await Promise.all([
    import('../run/rejudge.ts'),
    import('../config/source.ts'),
    import('./github-actions.ts'),
    import('./summary.ts'),
    import('../gate/index.ts'),
  ]);
  const source = config === undefined ? undefined : await loadConfig(config);
  const { record, reports } = await rejudgeFolder(run, source, flags);
  const file = reports.find((name) => name.endsWith('.html')) ?? reports.at(0) ?? 'results.json';
  const report = relative(process.cwd(), join(run, file));
  const annotated = await tellGitHub(record, { report, base: source?.base ?? process.cwd() });
  process.stdout.write(annotated + summary(record, report));
  process.exitCode = exitCode(record.verdict.status);
}

export function gateCommand(): Command {
  const command = new Command('gate')
    .description('judge a finished run again, by the gates of a config or its own, without attacking')
    .argument('<run>', 'run folder; its record and reports are written again')
    .argument('[config]', 'YAML file whose gates are judged; default: those of the run')
    .addHelpText('after', '\nExit codes: as of run.');
  return addGateFlags(command).action(gate);
}
