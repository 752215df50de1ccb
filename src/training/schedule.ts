/** The learning rate by the share of the run that is done. */
export type SchedulePlan = { warmup: number } & (
  | { name: 'constant' }
  /** Half a cosine from the peak to 0 (Loshchilov and Hutter 2017, arXiv:1608.03983). */
  | { name: 'cosine' }
  /** Times `factor` at each of the given shares of the run. */
  | { name: 'step'; at: readonly number[]; factor: number }
  /** Straight up from 0 to the peak at share `peak` of the run, and straight down to 0 (Smith 2018, arXiv:1708.07120; Wong et al. 2020). */
  | { name: 'one-cycle'; peak: number }
);

/**
 * @param done share of the run's steps before this one, from 0 to below 1
 * @returns what the peak learning rate is multiplied by; with warm-up it rises straight from 0 over the first `warmup` share
 */
export function rateAt(schedule: SchedulePlan, done: number): number {
  const { warmup } = schedule;
  if (done < warmup) return done / warmup;
  if (schedule.name === 'cosine') return 0.5 * (1 + Math.cos((Math.PI * (done - warmup)) / (1 - warmup)));
  if (schedule.name === 'step') return schedule.factor ** schedule.at.filter((share) => done >= share).length;
  if (schedule.name === 'one-cycle')
    return done < schedule.peak ? done / schedule.peak : (1 - done) / (1 - schedule.peak);
  return 1;
}
