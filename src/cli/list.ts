/** `proofhouse list`: what there is to run, from the plugins' own declarations. */
import { Argument, Command } from 'commander';
import type { PluginKind } from '../plugins.ts';
import { repeated } from './flag-options.ts';

interface ListFlags {
  json?: true;
  plugin?: string[];
}

async function list(kind: PluginKind | undefined, { json, plugin = [] }: ListFlags): Promise<void> {
  const [{ loadPlugins }, { describePlugins, catalogue }] = await Promise.all([
    import('../plugins.ts'),
    import('./catalogue.ts'),
  ]);
  const plugins = await loadPlugins(plugin, process.cwd());
  const kinds: PluginKind[] = kind === undefined ? ['attacks', 'audits', 'reports', 'objectives'] : [kind];
  const described = await describePlugins(plugins, kinds);
  process.stdout.write(json ? `${JSON.stringify(described, null, 2)}\n` : catalogue(described));
}

export function listCommand(): Command {
  return new Command('list')
    .description(
      'attacks, audits, reports and training objectives with their options, defaults, threats, access and sources',
    )
    .addArgument(new Argument('[kind]', 'which').choices(['attacks', 'audits', 'reports', 'objectives']))
    .option('--json', 'machine-readable, with the options as JSON Schema')
    .option('--plugin <file>', "a user's plugin to list with the rest; repeat for several", repeated)
    .action(list);
}
