/** The stages of a run: told as they begin, timed as they end. */
import type { RunEvent } from '../audit-events.ts';

export interface Stages {
  stage: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /** Tells the person something by the way. */
  note: (text: string) => void;
  /** What the run is doing: the last stage that began. */
  current: () => string;
  /** Milliseconds of each stage that has ended. */
  durations: Record<string, number>;
}

export function stagesOf(onEvent: ((event: RunEvent) => void) | undefined): Stages {
  const durations: Record<string, number> = {};
  let current = 'reading plugins';
  return {
    durations,
    current: () => current,
    note: (text) => onEvent?.({ type: 'note', text }),
    stage: async (name, work) => {
      current = name;
      onEvent?.({ type: 'stage', name });
      const start = performance.now();
      const result = await work();
      durations[name] = Math.round(performance.now() - start);
      return result;
    },
  };
}
