/** What follows from verdicts, once levels, context, flags and accepted risks are weighed. */
import type { AcceptedRisk, GateResult, Gating } from '../plugin/record.ts';
import { appliesTo, type RecordedRisk, stateOf } from './accepted-risks.ts';
import type { Judged } from './judge.ts';

type Effect = GateResult['effect'];

/** An error is never mere advice: what could not be judged says nothing, whatever its level. */
function effectOf({ verdict, level, warnsAtMost }: Judged, { inconclusive, failOn, reportOnly }: Gating): Effect {
  if (verdict === 'pass' || verdict === 'not applicable') return 'none';
  if (reportOnly) return 'warns';
  if (verdict === 'error') return 'blocks';
  if (level === 'warn' && failOn !== 'warn') return 'warns';
  if (warnsAtMost) return 'warns';
  return verdict === 'inconclusive' && inconclusive === 'warns' ? 'warns' : 'blocks';
}

/** Why an accepted risk excuses nothing, to follow the gate's own sentence. */
const unexcused = ({ state, owner, expires }: AcceptedRisk): string =>
  state === 'worse'
    ? ` It is worse than the risk that ${owner} accepted.`
    : ` The risk that ${owner} accepted expired on ${expires}.`;

/** What was judged, before it was weighed: the gate's own part of a result that passes or fails. */
export function unweighed(weighed: GateResult): Judged {
  const { effect: _, accepted, ...result } = weighed;
  if (accepted?.state === 'worse' || accepted?.state === 'expired')
    return { ...result, why: result.why.slice(0, -unexcused(accepted).length) };
  if (accepted?.state !== 'unused') return result;
  const { fix: __, ...passing } = result;
  return passing;
}

/** A failure that someone answers for is shown and does not block, as long as it is no worse and not expired. */
function excuse(result: GateResult, risk: AcceptedRisk): GateResult {
  switch (risk.state) {
    case 'holds':
      return { ...result, effect: result.effect === 'blocks' ? 'warns' : result.effect, accepted: risk };
    case 'worse':
    case 'expired':
      return { ...result, accepted: risk, why: `${result.why}${unexcused(risk)}` };
    case 'unused':
      return {
        ...result,
        accepted: risk,
        effect: result.effect === 'none' ? 'warns' : result.effect,
        fix: 'It holds without the risk that was accepted for it: remove that with proofhouse prune.',
      };
  }
}

/**
 * @param risks of the config's file
 * @param today YYYY-MM-DD in UTC
 */
export function weigh(
  judged: readonly Judged[],
  gating: Gating,
  risks: readonly RecordedRisk[],
  today: string,
): { gates: GateResult[]; acceptedRisks: AcceptedRisk[] } {
  const acceptedRisks = risks.map(
    (risk): AcceptedRisk => ({
      ...risk,
      state: stateOf(
        risk,
        judged.find((result) => appliesTo(risk, result)),
        today,
      ),
    }),
  );
  const gates = judged.map((before): GateResult => {
    const { warnsAtMost, final: _, ...rest } = before;
    const result: GateResult = {
      ...rest,
      effect: effectOf({ ...rest, ...(warnsAtMost && { warnsAtMost }) }, gating),
    };
    const risk = acceptedRisks.find((one) => appliesTo(one, result));
    return risk === undefined ? result : excuse(result, risk);
  });
  return { gates, acceptedRisks };
}
