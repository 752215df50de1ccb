/** Gates: what they ask, how they are judged and weighed, and the exit code that follows. */
export { checkHealth, checkMetrics, checkRule } from './check.ts';
export { type Judged, judge } from './judge.ts';
export type { Given, Horizon } from './judgement.ts';
export { exitCode, overall } from './overall.ts';
export { expandGates, type GateEntry, type Preset, presets } from './presets.ts';
export { type GateRule, idOf, textOf } from './rule.ts';
export { horizonsOf, isWaitedFor, keyOf, type Settled, settle } from './settle.ts';
export { unweighed, weigh } from './weigh.ts';
