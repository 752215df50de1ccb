/** What decided the verdict: what blocks first, then the gates of level error that hold; what cannot block is folded, its counts always visible. */
import { group } from 'd3-array';
import type { GateResult, RunRecord } from 'proofhouse/plugin';
import { inReadingOrder, wordOf } from '../../gates.ts';
import { type GateContext, type GateView, gateView } from './gate.ts';

export interface DecidedView {
  tally: { kind: string; text: string }[];
  gates: GateView[];
  aside: GateView[];
  asideText: string;
  /** Rules that are switched off, as the config says them. */
  off: string[];
  offText: string;
  any: boolean;
}

/** A verdict that this version does not know is shown among these: it is no pass. */
const decides = ({ effect, level, verdict }: GateResult) =>
  effect === 'blocks' || (effect === 'none' && level === 'error' && verdict !== 'not applicable');

export function decidedView(context: GateContext): DecidedView {
  const { gates, gating }: RunRecord = context.record;
  const ordered = inReadingOrder(gates).toSorted(
    (a, b) => Number(b.effect === 'blocks') - Number(a.effect === 'blocks'),
  );
  const views = ordered.map((gate, index) => ({ gate, view: gateView(gate, index, context) }));
  const aside = views.filter(({ gate }) => !decides(gate));
  return {
    tally: [...group(inReadingOrder(gates), ({ verdict: status }) => status)].map(([status, of]) => ({
      kind: wordOf(status).kind,
      text: `${of.length} ${wordOf(status).word.toLowerCase()}`,
    })),
    gates: views.filter(({ gate }) => decides(gate)).map(({ view }) => view),
    aside: aside.map(({ view }) => view),
    asideText: asideText(aside.map(({ gate }) => gate)),
    off: gating.off,
    offText: `${gating.off.length} ${gating.off.length === 1 ? 'rule is' : 'rules are'} switched off`,
    any: gates.length > 0,
  };
}

function asideText(gates: readonly GateResult[]): string {
  const accepted = gates.filter(({ accepted: risk }) => risk?.state === 'holds').length;
  const warning = gates.filter(({ effect, accepted: risk }) => effect === 'warns' && risk?.state !== 'holds').length;
  const holding = gates.filter(({ effect, verdict }) => effect === 'none' && verdict === 'pass').length;
  const none = gates.length - accepted - warning - holding;
  const parts = [
    ...(warning > 0 ? [`${warning} ${warning === 1 ? 'warns' : 'warn'} without blocking`] : []),
    ...(accepted > 0 ? [`${accepted} ${accepted === 1 ? 'is an accepted risk' : 'are accepted risks'}`] : []),
    ...(holding > 0 ? [`${holding} of level warn ${holding === 1 ? 'holds' : 'hold'}`] : []),
    ...(none > 0 ? [`${none} ${none === 1 ? 'does' : 'do'} not apply`] : []),
  ];
  return `Beside these, ${parts.join(', ')}`;
}
