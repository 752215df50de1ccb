/** `proofhouse baseline`: stores what a run found, for later runs to be compared with, and shows what is stored. */
import { relative } from 'node:path';
import { Command } from 'commander';
import { colour, integer, printable, table } from './terminal.ts';

const defaultFolder = '.proofhouse/baseline';

/** The path as the reader would type it. */
const shown = (folder: string) => printable(relative(process.cwd(), folder) || '.');

async function update(run: string, folder: string): Promise<void> {
  const [{ openRun }, { writeBaseline }] = await Promise.all([
    import('../run/open.ts'),
    import('../run/baseline-folder.ts'),
  ]);
  const finished = await openRun(run);
  const bytes = await writeBaseline(folder, finished);
  const { status } = finished.record.verdict;
  const judged = status === 'not applicable' ? 'no gate was judged' : `its verdict: ${status}`;
  process.stdout.write(`baseline  ${shown(folder)}: ${integer(bytes)} bytes, from ${shown(run)} (${judged})\n`);
}

async function show(folder: string): Promise<void> {
  const { readBaseline } = await import('../run/baseline-folder.ts');
  const { standings } = await readBaseline(folder);
  const { dataset, engine, evaluations, models, proofhouse, seed } = standings;
  const line = (title: string, text: string) =>
    `${colour('bold', title.padEnd('examples'.length))}  ${printable(text)}`;
  const share = (model: string, evaluation: string) => {
    const stands = standings.stands(model, evaluation);
    if (stands === undefined) return '–';
    const right = stands.reduce((sum, bit) => sum + bit, 0);
    return `${((100 * right) / stands.length).toFixed(1)} %`;
  };
  process.stdout.write(
    [
      line('examples', `${integer(dataset.examples)}, sha256 ${dataset.sha256}`),
      ...models.map(({ name, sha256 }) => line('model', `${name}, sha256 ${sha256}`)),
      line(
        'made by',
        `Proofhouse ${proofhouse}, ${engine.name} ${engine.version} (${engine.instructionSet}), seed ${seed}`,
      ),
      '',
      table(
        [{ title: 'right under' }, ...models.map(({ name }) => ({ title: printable(name), align: 'right' as const }))],
        evaluations.map(({ id }) => [printable(id), ...models.map(({ name }) => share(name, id))]),
      ),
      '',
    ].join('\n'),
  );
}

export function baselineCommand(): Command {
  const command = new Command('baseline').description(
    'what later runs are compared with: a small folder that fits in git',
  );
  command
    .command('update')
    .description('store the outcomes of a finished run as the baseline, replacing the one before')
    .argument('<run>', 'run folder')
    .argument('[folder]', 'baseline folder', defaultFolder)
    .action(update);
  command
    .command('show')
    .description('what a baseline holds')
    .argument('[folder]', 'baseline folder', defaultFolder)
    .action(show);
  return command;
}
