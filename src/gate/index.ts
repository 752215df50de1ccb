/** Gates: limits on metrics, verdicts, and the exit code that follows from them. */
export { judge } from './judge.ts';
export { exitCode, overall } from './overall.ts';
export { checkMetrics, checkRule, type GateRule } from './rule.ts';
