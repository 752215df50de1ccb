/** attack-health: no check of the audit evaluation-health fails for the model. An accuracy under a broken attack is no evidence. */

import type { HealthCheck } from '../../plugin/finding.ts';
import type { Verdict } from '../../plugin/record.ts';
import { type Given, type Judgement, type Told, without } from '../judgement.ts';
import type { AttackHealthRule } from '../rule.ts';
import { listed } from '../show.ts';

const verdicts: Record<HealthCheck['verdict'], Verdict> = {
  ok: 'pass',
  warn: 'pass',
  fail: 'fail',
  'n/a': 'not applicable',
};

function tell(model: string, { findings }: Given): Told {
  const checks = findings.flatMap((finding) => finding.checks ?? []).filter((check) => check.model === model);
  if (checks.length === 0)
    return without(
      'error',
      'No audit checked the attacks on this model.',
      'Add the audit evaluation-health to "audits".',
    );
  const of = (verdict: HealthCheck['verdict']) => checks.filter((check) => check.verdict === verdict);
  const [failed, warned] = [of('fail'), of('warn')];
  const about = {
    measured: failed.length,
    total: checks.length,
    method: 'evaluation-health',
    evidence: checks
      .filter(({ verdict }) => verdict !== 'n/a')
      .map(({ id, title, verdict }) => ({ label: `${id}: ${title}`, measured: null, verdict: verdicts[verdict] })),
  };
  const named = (some: readonly HealthCheck[]) => listed(some.map(({ id }) => id));
  if (failed.length > 0)
    return {
      ...about,
      verdict: 'fail',
      why: `${failed.length} of ${checks.length} checks fail, so that the accuracy under attack is not to be believed: ${named(failed)}.`,
      fix: failed[0].remedy,
    };
  if (of('ok').length + warned.length === 0)
    return { ...about, verdict: 'inconclusive', why: 'No check applies to what was run.', fix: 'Add an attack.' };
  const warning = warned.length === 0 ? '' : ` ${warned.length} warn: ${named(warned)}.`;
  return { ...about, verdict: 'pass', why: `No check of ${checks.length} fails.${warning}` };
}

export function judgeAttackHealth(_rule: AttackHealthRule, model: string, given: Given): Judgement {
  return { threshold: null, required: 'no check fails', unit: 'number', by: 'point', ...tell(model, given) };
}
