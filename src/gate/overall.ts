/** The verdict over all gates, in one sentence and one exit code. */
import type { GateResult, Gating, Verdict } from '../plugin/record.ts';
import { listed } from './show.ts';

const named = (results: readonly GateResult[]) => {
  const shown = results.slice(0, 3).map(({ rule, model }) => `${rule} (${model})`);
  const rest = results.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};

/** ' Not blocking: 1 accepted risk and 2 warnings (a, b, c).': after the sentence that says what blocks. */
function aside(warned: readonly GateResult[]): string {
  if (warned.length === 0) return '';
  const accepted = warned.filter((result) => result.accepted?.state === 'holds').length;
  const pruned = warned.filter((result) => result.accepted?.state === 'unused').length;
  const others = warned.length - accepted - pruned;
  const counts: [number, string, string][] = [
    [accepted, 'accepted risk', 'accepted risks'],
    [others, 'warning', 'warnings'],
    [pruned, 'accepted risk to prune', 'accepted risks to prune'],
  ];
  const parts = counts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
  return ` Not blocking: ${listed(parts)} (${named(warned)}).`;
}

function reportOnly(judged: readonly GateResult[]): string {
  const bad = judged.filter(({ effect }) => effect !== 'none');
  const said =
    bad.length === 0
      ? `All ${judged.length} gates hold.`
      : `${bad.length} of ${judged.length} gates ${bad.length === 1 ? 'does' : 'do'} not hold: ${named(bad)}.`;
  return `Report only: nothing here stops a release. ${said}`;
}

/**
 * From effects, not from verdicts: a gate that only warns leaves the run a pass. An error comes first, for a gate that could not be judged
 * says nothing good or bad; then a failure, then insufficient evidence.
 */
export function overall(
  results: readonly GateResult[],
  gating: Pick<Gating, 'reportOnly'> = {},
): { status: Verdict; sentence: string } {
  const judged = results.filter(({ verdict }) => verdict !== 'not applicable');
  if (judged.length === 0)
    return { status: 'not applicable', sentence: 'No gate was set: this run measures, and judges nothing.' };
  if (gating.reportOnly) return { status: 'not applicable', sentence: reportOnly(judged) };
  const blocking = (verdict: Verdict) =>
    judged.filter((result) => result.verdict === verdict && result.effect === 'blocks');
  const total = judged.length === 1 ? 'the one gate' : `${judged.length} gates`;
  const share = (some: readonly GateResult[], one: string, many: string) =>
    `${judged.length === 1 ? 'the one gate' : `${some.length} of ${total}`} ${some.length === 1 ? one : many}: ${named(some)}`;
  const [errors, failures, open] = [blocking('error'), blocking('fail'), blocking('inconclusive')];
  const warned = judged.filter(({ effect }) => effect === 'warns');
  const failing = share(failures, 'fails', 'fail');
  const cannot = (reason: string) => `Cannot certify: ${reason}.${failures.length > 0 ? ` Moreover ${failing}.` : ''}`;
  if (errors.length > 0)
    return { status: 'error', sentence: cannot(share(errors, 'could not be judged', 'could not be judged')) };
  if (failures.length > 0)
    return { status: 'fail', sentence: `${failing[0].toUpperCase()}${failing.slice(1)}.${aside(warned)}` };
  if (open.length > 0)
    return {
      status: 'inconclusive',
      sentence: `${cannot(share(open, 'has too little evidence either way', 'have too little evidence either way'))}${aside(warned)}`,
    };
  const held = judged.length - warned.length;
  if (warned.length === 0)
    return { status: 'pass', sentence: judged.length === 1 ? 'The one gate holds.' : `All ${total} hold.` };
  return { status: 'pass', sentence: `No gate blocks; ${held} of ${judged.length} hold.${aside(warned)}` };
}

const exitCodes: Record<Verdict, 0 | 1 | 3> = {
  pass: 0,
  'not applicable': 0,
  fail: 1,
  error: 3,
  inconclusive: 3,
};

/** 0 no gate blocks or none was set, 1 a gate fails, 3 cannot certify. */
export const exitCode = (status: Verdict) => exitCodes[status];
