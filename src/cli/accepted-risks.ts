/** `proofhouse accept` and `proofhouse prune`: the file of failures that someone answers for. */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { Command } from 'commander';
import { shellWord } from '../config/shell-word.ts';
import type { RecordedRisk } from '../gate/accepted-risks.ts';
import type { RunRecord } from '../plugin/record.ts';
import { printable } from './terminal.ts';

interface AcceptFlags {
  reason: string;
  owner: string;
  expires: string;
  model?: string;
  ticket?: string;
  file?: string;
}

/** The file that the run's config names, as seen from the current folder. */
function fileOf({ config }: RunRecord, flag: string | undefined): string {
  const named = config['accepted-risks'];
  return resolve(flag ?? (typeof named === 'string' ? named : 'accepted-risks.json'));
}

const shown = (file: string) => printable(relative(process.cwd(), file));

async function load(run: string) {
  const [{ InputError }, { openRun }, risks, { suggest }, { writeAtomically }] = await Promise.all([
    import('../errors.ts'),
    import('../run/open.ts'),
    import('../gate/accepted-risks.ts'),
    import('../config/suggest.ts'),
    import('../run/folder.ts'),
  ]);
  const { record, manifest } = await openRun(run);
  return { InputError, record, config: manifest.invocation.config, risks, suggest, writeAtomically };
}

async function accept(run: string, gate: string, flags: AcceptFlags): Promise<void> {
  const { InputError, record, config, risks, suggest, writeAtomically } = await load(run);
  const ofGate = record.gates.filter(({ id, model }) => id === gate && model === (flags.model ?? model));
  if (ofGate.length === 0) {
    const ids = [...new Set(record.gates.map(({ id }) => id))];
    const known = record.gates.some(({ id }) => id === gate)
      ? `${gate} does not bind the model ${flags.model}.`
      : `The run has no gate ${JSON.stringify(gate)}.${suggest(gate, ids)}`;
    throw new InputError(
      known,
      ids.length === 0 ? 'Set gates in the config.' : `Name a gate by its whole id, such as ${ids[0]}.`,
    );
  }
  const open = ofGate.filter(({ verdict }) => verdict === 'fail' || verdict === 'inconclusive');
  if (open.length === 0)
    throw new InputError(
      ofGate.some(({ verdict }) => verdict === 'error')
        ? `${gate} could not be judged: an error says nothing that could be accepted.`
        : `${gate} holds: there is nothing to accept.`,
      ofGate[0].fix ?? 'Name a gate that does not hold.',
    );
  if (!/^\d{4}-\d\d-\d\d$/.test(flags.expires) || Number.isNaN(Date.parse(flags.expires)))
    throw new InputError(
      `--expires: ${JSON.stringify(flags.expires)} is no day.`,
      'Write its last day as YYYY-MM-DD, such as 2030-12-31.',
    );
  if (flags.expires < risks.judgingDay())
    throw new InputError(`--expires: ${flags.expires} is past.`, 'Name a day to come.');
  for (const name of ['reason', 'owner'] as const)
    if (flags[name].trim() === '')
      throw new InputError(`--${name} is empty.`, 'Say it: the report shows it on its first page.');
  const file = fileOf(record, flags.file);
  const before = existsSync(file) ? await risks.readAcceptedRisks(file) : [];
  const { reason, owner, expires, ticket } = flags;
  const added = open.map(
    ({ model, measured }): RecordedRisk => ({
      gate,
      model,
      measured,
      reason,
      owner,
      expires,
      ...(ticket !== undefined && { ticket }),
    }),
  );
  const kept = before.filter((risk) => !added.some((one) => one.gate === risk.gate && one.model === risk.model));
  await writeAtomically(file, risks.acceptedRisksText([...kept, ...added]));
  const named = typeof record.config['accepted-risks'] === 'string';
  const accepted = `${shown(file)} accepts ${printable(gate)} for ${added.map(({ model }) => printable(model)).join(', ')}.`;
  const again = `proofhouse gate ${printable(shellWord(run))}`;
  const next = named
    ? `Judge the run again: ${again}`
    : `The config must name it: accepted-risks: ${shown(file)}\nThen judge the run again: ${again} ${config === undefined ? '<config>' : printable(shellWord(config))}`;
  process.stdout.write(`${accepted}\n${next}\n`);
}

async function prune(run: string, flags: { file?: string }): Promise<void> {
  const { record, risks, writeAtomically } = await load(run);
  const file = fileOf(record, flags.file);
  const before = await risks.readAcceptedRisks(file);
  const today = risks.judgingDay();
  const lines: string[] = [];
  const kept = before.flatMap((risk): RecordedRisk[] => {
    const result = record.gates.find((gate) => risks.appliesTo(risk, gate));
    const state = risks.stateOf(risk, result, today);
    if (state === 'unused') {
      lines.push(`removed    ${risk.gate} (${risk.model}): ${result ? 'the gate holds' : 'the run has no such gate'}`);
      return [];
    }
    if (state !== 'holds' || result === undefined || -risks.worsening(risk, result) <= risks.slackOf(risk, result))
      return [risk];
    lines.push(`tightened  ${risk.gate} (${risk.model}): ${risk.measured} → ${result.measured}`);
    return [{ ...risk, measured: result.measured }];
  });
  if (lines.length > 0) await writeAtomically(file, risks.acceptedRisksText(kept));
  process.stdout.write(
    lines.length === 0 ? `${shown(file)}: nothing to prune.\n` : `${lines.map(printable).join('\n')}\n`,
  );
}

const fileOption = ['--file <file>', "file of accepted risks; default: the one that the run's config names"] as const;

export const acceptCommand = (): Command =>
  new Command('accept')
    .description('answer for a gate that does not hold: written to the file of accepted risks')
    .argument('<run>', 'run folder')
    .argument('<gate>', "the gate's id, such as 'floor clean-accuracy'")
    .requiredOption('--reason <text>', 'why it may ship')
    .requiredOption('--owner <name>', 'who answers for it')
    .requiredOption('--expires <day>', 'last day, YYYY-MM-DD')
    .option('--model <name>', 'one model; default: every one on which the gate does not hold')
    .option('--ticket <text>', 'where it is followed up')
    .option(...fileOption)
    .action(accept);

export const pruneCommand = (): Command =>
  new Command('prune')
    .description('remove accepted risks that the run does not need, and tighten those that it beats')
    .argument('<run>', 'run folder')
    .option(...fileOption)
    .action(prune);
