/** Intervals, tests and corrections, for audits, gates and plugins. Imports nothing of Proofhouse. */
export { inverseRegularizedBeta, logRegularizedBeta, regularizedBeta } from './beta.ts';
export { bettingInterval, capitalAgainst, type Game } from './betting.ts';
export { capitalAgainstDifference, lowestDifference } from './betting-on-pairs.ts';
export { clopperPearson } from './clopper-pearson.ts';
export { fisherExact } from './fisher.ts';
export { katzLogRatio } from './katz.ts';
export { logGamma } from './log-gamma.ts';
export { mcnemarExact } from './mcnemar.ts';
export { benjaminiHochberg, holm } from './multiplicity.ts';
export { newcombe } from './newcombe.ts';
export { normalCdf, normalQuantile } from './normal.ts';
export { type PermutationTest, permutationTest } from './permutation.ts';
export type { ConfidenceInterval, Proportion } from './proportion.ts';
export { type Pairs, tango } from './tango.ts';
export { wilson } from './wilson.ts';
