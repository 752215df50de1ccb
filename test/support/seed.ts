/**
 * Property tests draw the same cases on every run, so that a change is blamed for its own failures only. PROOFHOUSE_TEST_SEED takes another seed
 * (a whole number), and PROOFHOUSE_TEST_RUNS more cases, to look for what the usual ones miss.
 */
import fc from 'fast-check';

const { PROOFHOUSE_TEST_SEED: seed = '20261122', PROOFHOUSE_TEST_RUNS: runs = '100' } = process.env;

fc.configureGlobal({ seed: Number(seed), numRuns: Number(runs) });
