/**
 * What GitHub Actions is told of a run: annotations on the config lines that declare the gates, the job summary, and the step's outputs.
 * Written by the command and not by action.yml, so that any step that runs Proofhouse has them, and one tested place does the escaping.
 */
import { appendFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { type RunRecord, worstSubgroup } from '../plugin/index.ts';
import { loadPlugins } from '../plugins.ts';
import { printable } from './terminal.ts';
import { annotations, type Environment, outputLines, stepError } from './workflow-commands.ts';

/** The file's path as GitHub knows it: within the checked-out repository, with forward slashes. */
const inRepository = (path: string, { GITHUB_WORKSPACE: workspace }: Environment) =>
  relative(resolve(workspace ?? '.'), path)
    .split(sep)
    .join('/');

/** A file of the runner's that cannot be written costs no run its verdict. */
async function append(file: string, text: string): Promise<void> {
  try {
    await appendFile(file, text);
  } catch (error) {
    process.stderr.write(`GitHub is not told everything: ${printable((error as Error).message)}\n`);
  }
}

/**
 * Appends to $GITHUB_STEP_SUMMARY and $GITHUB_OUTPUT where they are set.
 *
 * @param report path of the report
 * @param base absolute folder of the config
 * @returns annotations for stdout, where GitHub Actions reads it
 */
export async function tellGitHub(
  record: RunRecord,
  { report, base }: { report: string; base: string },
  env: Environment = process.env,
): Promise<string> {
  const { GITHUB_STEP_SUMMARY: summaryFile, GITHUB_OUTPUT: outputFile } = env;
  if (summaryFile !== undefined) {
    const summary = await (await loadPlugins([], base)).report('summary');
    await append(summaryFile, summary.render({ record, images: new Map() }, {}));
  }
  if (outputFile !== undefined) {
    const worst = worstSubgroup(record);
    const outputs = {
      verdict: record.verdict.status,
      report,
      'worst-group': worst === undefined ? '' : JSON.stringify(worst),
    };
    await append(outputFile, outputLines(outputs));
  }
  if (env.GITHUB_ACTIONS !== 'true') return '';
  return annotations(record.gates, (file) => inRepository(join(base, file), env))
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * Says in the job summary and in an annotation why a command stopped before it could judge anything; elsewhere nothing.
 *
 * @param message printable, of one or more lines
 */
export async function tellGitHubOfError(message: string, env: Environment = process.env): Promise<void> {
  const { GITHUB_STEP_SUMMARY: summaryFile } = env;
  // Lines that begin with four spaces are shown as they are, whatever they hold.
  const shown = message.replaceAll(/^/gm, '    ');
  if (summaryFile !== undefined)
    await append(summaryFile, `# ⚠️ Error\n\nCannot certify: Proofhouse stopped, and judged no gate.\n\n${shown}\n`);
  if (env.GITHUB_ACTIONS === 'true') process.stdout.write(`${stepError(message)}\n`);
}
