/** The verdict over all gates, in one sentence and one exit code. */
import type { GateResult, Verdict } from '../plugin/record.ts';

const named = (results: readonly GateResult[]) => {
  const shown = results.slice(0, 3).map(({ rule, model }) => `${rule} (${model})`);
  const rest = results.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};

/**
 * An error comes first, for a gate that could not be judged says nothing good or bad; then a failure, then insufficient evidence.
 */
export function overall(results: readonly GateResult[]): { status: Verdict; sentence: string } {
  const judged = results.filter(({ verdict }) => verdict !== 'not applicable');
  if (judged.length === 0)
    return { status: 'not applicable', sentence: 'No gate was set: this run measures, and judges nothing.' };
  const of = (verdict: Verdict) => judged.filter((result) => result.verdict === verdict);
  const total = judged.length === 1 ? 'the one gate' : `${judged.length} gates`;
  const share = (some: readonly GateResult[], one: string, many: string) =>
    `${judged.length === 1 ? 'the one gate' : `${some.length} of ${total}`} ${some.length === 1 ? one : many}: ${named(some)}`;
  const [errors, failures, open] = [of('error'), of('fail'), of('inconclusive')];
  const failing = share(failures, 'fails', 'fail');
  const cannot = (reason: string) => `Cannot certify: ${reason}.${failures.length > 0 ? ` Moreover ${failing}.` : ''}`;
  if (errors.length > 0)
    return { status: 'error', sentence: cannot(share(errors, 'could not be judged', 'could not be judged')) };
  if (failures.length > 0) return { status: 'fail', sentence: `${failing[0].toUpperCase()}${failing.slice(1)}.` };
  if (open.length > 0)
    return {
      status: 'inconclusive',
      sentence: cannot(share(open, 'has too little evidence either way', 'have too little evidence either way')),
    };
  return { status: 'pass', sentence: judged.length === 1 ? 'The one gate holds.' : `All ${total} hold.` };
}

const exitCodes: Record<Verdict, 0 | 1 | 3> = {
  pass: 0,
  'not applicable': 0,
  fail: 1,
  error: 3,
  inconclusive: 3,
};

/** 0 every gate holds or none was set, 1 a gate fails, 3 cannot certify. */
export const exitCode = (status: Verdict) => exitCodes[status];
