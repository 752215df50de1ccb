/** Rates as metrics and as text. */
import { type Metric, type Proportion, wilson } from 'proofhouse/plugin';

/** A proportion as a metric, with its counts and Wilson's interval; 0 of 0 is null and has no interval. */
export function rateMetric(
  about: Pick<Metric, 'id' | 'model' | 'label' | 'better'> & Partial<Pick<Metric, 'evaluation' | 'group'>>,
  { count, total }: Proportion,
): Metric {
  return {
    ...about,
    unit: 'proportion',
    value: total === 0 ? null : count / total,
    ...(total > 0 && { interval: wilson({ count, total }) }),
    count,
    total,
  };
}

/** '54.6 %' of 0.546. */
export const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

/** '50.2 to 58.9 %'; '–' for what is undefined. */
export const range = (interval: { low: number; high: number } | undefined) =>
  interval === undefined ? '–' : `${(100 * interval.low).toFixed(1)} to ${percent(interval.high)}`;

/** '273 of 500'. */
export const outOf = ({ count, total }: Proportion) => `${count} of ${total}`;
