/** `proofhouse demo`: audits the two small models that come with Proofhouse, into ./proofhouse-demo. */
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../package-root.ts';

const outputFolder = 'proofhouse-demo';

async function demo({ resume }: { resume?: true }): Promise<void> {
  const [{ audit }, { loadConfig }, { resolveConfig }, { judged }, { perform }] = await Promise.all([
    import('../audit.ts'),
    import('../config/source.ts'),
    import('../config/resolve.ts'),
    import('./judged.ts'),
    import('./perform.ts'),
  ]);
  const source = await loadConfig(join(packageRoot(), 'fixtures/demo/proofhouse.yaml'));
  const resolved = await resolveConfig(source.raw, { ...source, flags: { output: outputFolder } });
  const run = { ...resolved, command: 'proofhouse demo' };
  process.exitCode = await perform('proofhouse demo --resume', async (hooks) =>
    judged(run, await audit(run, { ...hooks, resume: resume === true, overwrite: resume !== true }), source.base),
  );
}

export function demoCommand(): Command {
  return new Command('demo')
    .description(`audit the models that come with Proofhouse, into ./${outputFolder} (replacing its earlier run)`)
    .option('--resume', 'finish a demo that was interrupted')
    .action(demo);
}
