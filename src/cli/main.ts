#!/usr/bin/env node
/** The `proofhouse` command. Commands load what they need when they run, so that --help loads no engine. */
import { Command, CommanderError } from 'commander';
import { version } from '../version.ts';
import { acceptCommand, pruneCommand } from './accepted-risks.ts';
import { baselineCommand } from './baseline.ts';
import { compareCommand } from './compare.ts';
import { demoCommand } from './demo.ts';
import { explainCommand } from './explain.ts';
import { fail } from './failure.ts';
import { gateCommand } from './gate.ts';
import { initCommand } from './init.ts';
import { inspectCommand } from './inspect.ts';
import { listCommand } from './list.ts';
import { mergeCommand } from './merge.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { trainCommand } from './train.ts';
import { verifyCommand } from './verify.ts';

const badInput = 2;

// A reader such as `head` that has seen enough is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// What is thrown where nothing waits for it would end the process with 1, which says that a gate fails.
process.on('uncaughtException', async (error) => process.exit(await fail(error)));

const program = new Command('proofhouse')
  .description('Audits an image classifier before it ships: attacks it, measures who it fails, renders a report.')
  .version(version)
  .exitOverride();
for (const command of [
  runCommand(),
  mergeCommand(),
  gateCommand(),
  acceptCommand(),
  pruneCommand(),
  explainCommand(),
  baselineCommand(),
  compareCommand(),
  reportCommand(),
  verifyCommand(),
  trainCommand(),
  initCommand(),
  inspectCommand(),
  listCommand(),
  demoCommand(),
]) {
  program.addCommand(command.copyInheritedSettings(program));
  for (const inner of command.commands) inner.copyInheritedSettings(command);
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : badInput;
  else process.exitCode = await fail(error);
}
