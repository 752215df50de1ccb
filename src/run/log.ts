/** `log.json`: the one file that does not reproduce. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { CollectPlan } from './collect.ts';

/** Facts that vary from run to run. */
export function logOf(durations: Record<string, number>, plan: CollectPlan, resumed: number) {
  return {
    finished: new Date().toISOString(),
    milliseconds: durations,
    engines: plan.engines,
    resumedParts: resumed,
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
    },
  };
}
