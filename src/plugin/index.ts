/**
 * `proofhouse/plugin`: everything a plugin imports. No engine is loaded through this door, so a plugin can be listed
 * and documented without one.
 */

export { z } from 'zod';
export { suggest } from '../config/suggest.ts';
export { InputError } from '../errors.ts';
export { createRandom } from '../random.ts';
export * from '../statistics/index.ts';
export { drawTowards, stepOn } from '../threat/line.ts';
export { type BiasedStep, stepToPlane, towardsPlane } from '../threat/plane.ts';
export * from './attack.ts';
export * from './audit.ts';
export * from './best-iterate.ts';
export * from './finding.ts';
export * from './fit.ts';
export * from './goal.ts';
export * from './loss.ts';
export * from './objective.ts';
export * from './outcome.ts';
export * from './partial.ts';
export * from './questions.ts';
export * from './random.ts';
export * from './record.ts';
export * from './report.ts';
export { falls, type WorstCase, worstCases } from './standing.ts';
export * from './threat.ts';
export * from './training-record.ts';
export { type WorstSubgroup, worstSubgroup } from './worst-subgroup.ts';
