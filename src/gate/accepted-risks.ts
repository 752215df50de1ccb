/** Failures that someone answers for: a committed JSON file, and whether each of its entries still excuses anything. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { systemErrorCode } from '../config/paths.ts';
import { check, configError } from '../config/problems.ts';
import { parseConfig } from '../config/source.ts';
import { InputError } from '../errors.ts';
import type { AcceptedRisk, GateResult } from '../plugin/record.ts';

type Judged = Pick<GateResult, 'id' | 'model' | 'kind' | 'required' | 'unit' | 'measured' | 'verdict'>;

export type RecordedRisk = Omit<AcceptedRisk, 'state'>;

const text = z.string().trim().min(1);

const risksSchema = z.array(
  z.strictObject({
    gate: text,
    model: text,
    measured: z.number().nullable(),
    reason: text,
    owner: text,
    expires: z.iso.date(),
    ticket: text.optional(),
  }),
);

const largestFile = 1 << 20;

/** Worse than recorded by more than this is not what was accepted: half a point, so that another CPU's rounding is no news. */
export const slack = 0.005;

/**
 * @throws InputError with line and column when the file is missing, not JSON, or no list of accepted risks
 */
export async function readAcceptedRisks(path: string): Promise<RecordedRisk[]> {
  const name = basename(path);
  let written: string;
  try {
    const { size } = await stat(path);
    if (size > largestFile) throw new InputError(`${name}: ${size} bytes is no file of accepted risks.`);
    written = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `accepted-risks: ${name} cannot be read (${systemErrorCode(error)}).`,
      'Write it with proofhouse accept, or begin with an empty list: [].',
      { cause: error },
    );
  }
  // JSON is YAML, whose reader says where things stand.
  const { raw, locate } = parseConfig(written, name);
  const checked = check(risksSchema, raw);
  if ('problems' in checked) throw configError(checked.problems, locate);
  const risks = checked.value.map(
    ({ ticket, ...risk }): RecordedRisk => ({ ...risk, ...(ticket !== undefined && { ticket }) }),
  );
  const seen = new Map<string, number>();
  for (const [index, { gate, model }] of risks.entries()) {
    const key = JSON.stringify([gate, model]);
    if (seen.has(key))
      throw configError(
        [{ path: [index], message: `accepts ${gate} of ${model} a second time; one entry must go.` }],
        locate,
      );
    seen.set(key, index);
  }
  return risks;
}

/** Day by which risks expire: today in UTC, or the one that SOURCE_DATE_EPOCH (seconds since 1970) names, so that a build reproduces. */
export function judgingDay(environment: { SOURCE_DATE_EPOCH?: string | undefined } = process.env): string {
  const { SOURCE_DATE_EPOCH: epoch } = environment;
  const date = epoch === undefined || epoch === '' ? new Date() : new Date(1000 * Number(epoch));
  if (Number.isNaN(date.getTime()))
    throw new InputError(
      `SOURCE_DATE_EPOCH is ${JSON.stringify(epoch)}, not a number of seconds since 1970.`,
      'Correct the environment variable, or unset it.',
    );
  return date.toISOString().slice(0, 10);
}

export const appliesTo = (risk: RecordedRisk, { id, model }: Pick<Judged, 'id' | 'model'>) =>
  risk.gate === id && risk.model === model;

/** +1 where a larger measured value is worse, −1 where it is better. */
const worseUp = ({ kind, required }: Judged) => (kind === 'floor' || required.includes('≥') ? -1 : 1);

/** How much worse than recorded, in the gate's unit; negative: better. 0 where either is unknown. */
export const worsening = (risk: RecordedRisk, result: Judged) =>
  risk.measured === null || result.measured === null ? 0 : worseUp(result) * (result.measured - risk.measured);

/** Slack in the gate's unit: half a point of a proportion, half a percent of the recorded value of anything else. */
export const slackOf = ({ measured }: RecordedRisk, { unit }: Pick<Judged, 'unit'>) =>
  unit === 'proportion' ? slack : slack * Math.abs(measured ?? 0);

/** @param result the gate that it is for; undefined where the run has none of that name */
export function stateOf(risk: RecordedRisk, result: Judged | undefined, today: string): AcceptedRisk['state'] {
  if (result === undefined || result.verdict === 'pass' || result.verdict === 'not applicable') return 'unused';
  if (risk.expires < today) return 'expired';
  // What could not be judged is no risk that anyone has seen; what has no value now had one when it was accepted.
  if (result.verdict === 'error' || (result.measured === null && risk.measured !== null)) return 'worse';
  if (result.measured !== null && risk.measured === null) return result.verdict === 'fail' ? 'worse' : 'holds';
  return worsening(risk, result) > slackOf(risk, result) ? 'worse' : 'holds';
}

/** The file's text: sorted, so that two people's additions meet in one place only where they concern one gate. */
export function acceptedRisksText(risks: readonly RecordedRisk[]): string {
  const key = ({ gate, model }: RecordedRisk) => `${gate}\n${model}`;
  return `${JSON.stringify(
    risks.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)),
    null,
    2,
  )}\n`;
}
