/** `proofhouse demo`: audits the two small models that come with Proofhouse, into ./proofhouse-demo. */
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from './package-root.ts';

const outputFolder = 'proofhouse-demo';

async function demo({ resume }: { resume?: true }): Promise<void> {
  const [{ loadConfig }, { resolveConfig }, { perform }] = await Promise.all([
    import('../config/source.ts'),
    import('../config/resolve.ts'),
    import('./perform.ts'),
  ]);
  const source = await loadConfig(join(packageRoot(), 'fixtures/demo/proofhouse.yaml'));
  const resolved = await resolveConfig(source.raw, { ...source, flags: { output: outputFolder } });
  process.exitCode = await perform(
    { ...resolved, command: 'proofhouse demo' },
    { resume: resume === true, overwrite: resume !== true, again: 'proofhouse demo --resume' },
  );
}

export function demoCommand(): Command {
  return new Command('demo')
    .description(`audit the models that come with Proofhouse, into ./${outputFolder} (replacing its earlier run)`)
    .option('--resume', 'finish a demo that was interrupted')
    .action(demo);
}
