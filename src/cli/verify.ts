/** `proofhouse verify <run> [config]`: repeats a run and confirms that it writes the same bytes. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { shellWord } from '../config/shell-word.ts';
import { packageRoot } from '../package-root.ts';
import type { Manifest } from '../run/manifest.ts';
import { printable } from './terminal.ts';

/** Where the run's config is: given, the demo's own, or beside the run folder. */
async function findConfig(folder: string, { command, invocation }: Manifest): Promise<string | undefined> {
  const { config } = invocation;
  if (config === undefined) return undefined;
  if (command === 'proofhouse demo') return join(packageRoot(), 'fixtures/demo', config);
  const name = basename(config);
  const found = [process.cwd(), dirname(resolve(folder)), resolve(folder)]
    .map((place) => join(place, name))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  const { InputError } = await import('../errors.ts');
  throw new InputError(
    `${basename(folder)} was run from ${name}, which is neither here nor beside it.`,
    `proofhouse verify ${shellWord(folder)} path/to/${shellWord(name)}`,
  );
}

async function verifyRun(folder: string, given: string | undefined): Promise<void> {
  const [{ readDocument }, { files }, { loadConfig }, { resolveConfig }, { verify }, { perform }] = await Promise.all([
    import('../run/read.ts'),
    import('../run/folder.ts'),
    import('../config/source.ts'),
    import('../config/resolve.ts'),
    import('../verify.ts'),
    import('./perform.ts'),
  ]);
  const manifest = await readDocument<Manifest>(folder, files.manifest, 'manifest');
  // The rest of what flags said stands in the manifest's config.
  const { context, failOn, reportOnly } = manifest.invocation.flags;
  const config = given ?? (await findConfig(folder, manifest));
  const run =
    config === undefined
      ? await resolveConfig(manifest.config, { base: process.cwd(), flags: { context, failOn, reportOnly } })
      : await loadConfig(config).then((source) =>
          resolveConfig(source.raw, { ...source, flags: manifest.invocation.flags, cwd: source.base }),
        );
  const repeated = { ...run, invocation: manifest.invocation };
  const again = ['proofhouse', ...process.argv.slice(2)].map(shellWord).join(' ');
  process.exitCode = await perform(again, async (hooks) => {
    const { difference, files: count } = await verify(folder, repeated, hooks);
    return difference === undefined
      ? { text: `\nverified  all ${count} files are the same, byte for byte\n`, exitCode: 0 }
      : { text: `\ndiffers  ${printable(difference.file)}: ${printable(difference.detail)}\n`, exitCode: 1 };
  });
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('repeat a run from its manifest, and confirm every byte or say what differs first')
    .argument('<run>', 'run folder')
    .argument('[config]', 'the config that it was run from; default: found beside it')
    .addHelpText('after', '\nExit codes: 0 the same, 1 different, 2 the input is wrong, 130 interrupted.')
    .action(verifyRun);
}
