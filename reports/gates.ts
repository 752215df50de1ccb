/** What reports share about gates: the word for a verdict, the order they are read in, and the unit of their numbers. */
import type { GateResult, Verdict } from 'proofhouse/plugin';

/** `kind` is a name for looks: it carries colour and icon. */
const WORDS: Record<Verdict, { word: string; kind: string; icon: string }> = {
  error: { word: 'Error', kind: 'error', icon: '⚠️' },
  fail: { word: 'Fail', kind: 'fail', icon: '❌' },
  inconclusive: { word: 'Inconclusive', kind: 'inconclusive', icon: '❔' },
  pass: { word: 'Pass', kind: 'pass', icon: '✅' },
  'not applicable': { word: 'Not applicable', kind: 'none', icon: '➖' },
};

/** A verdict that this version does not know keeps its name and looks like an error, never like a pass. */
export const wordOf = (verdict: Verdict): { word: string; kind: string; icon: string } =>
  WORDS[verdict] ?? { ...WORDS.error, word: verdict };

/** Errors and failures first, passes last; the config's order within each. Unknown verdicts come before all. */
export function inReadingOrder(gates: readonly GateResult[]): GateResult[] {
  const order = Object.keys(WORDS);
  return gates.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
}
