/** `proofhouse report <run>`: renders the reports of a finished run again, from results.json and its images. */
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { repeated } from './flag-options.ts';
import { printable } from './terminal.ts';

interface ReportFlags {
  report?: string[];
  output?: string;
  plugin?: string[];
}

async function report(folder: string, { report: names, output = folder, plugin = [] }: ReportFlags): Promise<void> {
  const [{ renderAgain }, { loadPlugins }] = await Promise.all([
    import('../run/render-again.ts'),
    import('../plugins.ts'),
  ]);
  const written = await renderAgain(folder, { names, output, plugins: await loadPlugins(plugin, process.cwd()) });
  for (const file of written)
    process.stdout.write(`report  ${printable(relative(process.cwd(), join(output, file)))}\n`);
}

export function reportCommand(): Command {
  return new Command('report')
    .description('render the reports of a finished run again, or others')
    .argument('<run>', 'run folder')
    .option('--report <name>', 'report to render; repeat for several; default: those of the run', repeated)
    .option('--output <folder>', 'folder to write to; default: the run folder')
    .option('--plugin <file>', "a user's plugin with a report of its own; repeat for several", repeated)
    .action(report);
}
