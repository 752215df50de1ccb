/** `proofhouse verify <folder> [config]`: repeats a run or a training and confirms that it writes the same bytes. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { shellWord } from '../config/shell-word.ts';
import { packageRoot } from '../package-root.ts';
import type { TrainingRecord } from '../plugin/training-record.ts';
import type { Manifest } from '../run/manifest.ts';
import type { Verification } from '../verify.ts';
import type { End } from './perform.ts';
import { printable } from './terminal.ts';

/**
 * The config that a folder was written from: here, or beside or in the folder.
 *
 * @throws InputError naming the command that says where it is
 */
async function findConfig(folder: string, config: string): Promise<string> {
  const name = basename(config);
  const found = [process.cwd(), dirname(resolve(folder)), resolve(folder)]
    .map((place) => join(place, name))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  const { InputError } = await import('../errors.ts');
  throw new InputError(
    `${basename(folder)} was made from ${name}, which is neither here nor beside it.`,
    `proofhouse verify ${shellWord(folder)} path/to/${shellWord(name)}`,
  );
}

function configOf(folder: string, { command, invocation }: Manifest): Promise<string> | string | undefined {
  const { config } = invocation;
  if (config === undefined) return undefined;
  return command === 'proofhouse demo' ? join(packageRoot(), 'fixtures/demo', config) : findConfig(folder, config);
}

const again = () => ['proofhouse', ...process.argv.slice(2)].map(shellWord).join(' ');

const confirmed = ({ files, rejudged }: Verification) =>
  rejudged
    ? `outcomes, pictures (${files} files) and findings are the same; not the verdict and the reports: proofhouse gate judged the run again`
    : `all ${files} files are the same, byte for byte`;

const endOf = (verification: Verification): End =>
  verification.difference === undefined
    ? { text: `\nverified  ${confirmed(verification)}\n`, exitCode: 0 }
    : {
        text: `\ndiffers  ${printable(verification.difference.file)}: ${printable(verification.difference.detail)}\n`,
        exitCode: 1,
      };

async function verifyRun(folder: string, given: string | undefined, baseline: string | undefined): Promise<void> {
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
  const named = baseline === undefined ? {} : { baseline: resolve(baseline) };
  const config = given ?? (await configOf(folder, manifest));
  const run =
    config === undefined
      ? await resolveConfig(manifest.config, { base: process.cwd(), flags: { context, failOn, reportOnly, ...named } })
      : await loadConfig(config).then((source) =>
          resolveConfig(source.raw, {
            ...source,
            flags: { ...manifest.invocation.flags, ...named },
            cwd: source.base,
          }),
        );
  const repeated = { ...run, invocation: manifest.invocation };
  process.exitCode = await perform(again(), async (hooks) => endOf(await verify(folder, repeated, hooks)));
}

async function verifyTrained(folder: string, given: string | undefined): Promise<void> {
  const [
    { readDocument },
    { loadConfig },
    { resolveTraining },
    { TRAINING_FILES },
    { verifyTraining },
    { performTraining },
  ] = await Promise.all([
    import('../run/read.ts'),
    import('../config/source.ts'),
    import('../training/config/resolve.ts'),
    import('../training/result.ts'),
    import('../training/verify.ts'),
    import('./train.ts'),
  ]);
  const { configFile, config: written } = await readDocument<TrainingRecord>(folder, TRAINING_FILES.record, 'training');
  const config = given ?? (configFile === undefined ? undefined : await findConfig(folder, configFile));
  const { raw, ...source } = config === undefined ? { raw: written, base: process.cwd() } : await loadConfig(config);
  const training = await resolveTraining(raw, { ...source, output: folder });
  process.exitCode = await performTraining(again(), async (hooks) =>
    endOf(await verifyTraining(folder, training, hooks)),
  );
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('repeat a run or a training from its record, and confirm every byte or say what differs first')
    .argument('<folder>', 'folder of a run or of a training')
    .argument('[config]', 'the config that it was run from; default: found beside it')
    .option('--baseline <folder>', "the stored baseline of the run, where it lies outside the config's folder")
    .addHelpText('after', '\nExit codes: 0 the same, 1 different, 2 the input is wrong, 130 interrupted.')
    .action((folder: string, config: string | undefined, { baseline }: { baseline?: string }) =>
      existsSync(join(folder, 'training.json')) ? verifyTrained(folder, config) : verifyRun(folder, config, baseline),
    );
}
