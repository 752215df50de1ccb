/** Files beside models and data that verdicts rest on, as digests: a run is repeated with the same ones, or not at all. */
import { createHash } from 'node:crypto';
import type { ResolvedRun } from '../config/resolved.ts';
import type { GatePlan } from './gates.ts';
import type { Side } from './side.ts';

const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** What messages and manifests call the stored baseline. */
export const baselineInput = 'the baseline';

/** SHA-256 of what each file says, by what it is; one that the config does not name, or that is not there yet, is absent. */
export function inputsOf(
  { card }: Pick<ResolvedRun, 'card'>,
  stored: Side | undefined,
  { risks }: GatePlan,
): Record<string, string> {
  return {
    ...(stored && { [baselineInput]: stored.sha256 }),
    ...(risks && { 'the accepted risks': digest(risks) }),
    ...(card && { 'the card': digest(card.card) }),
  };
}
