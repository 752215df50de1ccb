/** What a metric is judged by: its estimate, the interval around it, and how many more examples would narrow that enough. */
import type { Metric } from '../plugin/finding.ts';
import { bettingInterval, clopperPearson } from '../statistics/index.ts';

/** For counts that come without an interval. */
const defaultConfidence = 0.95;

export interface Evidence {
  low: number;
  high: number;
  /** Two-sided; each limit on its own is a one-sided bound of confidence (1 + confidence)/2. */
  confidence: number;
  method: string;
  /** Set where it holds at every moment of a run: after how many cases of how many planned this is. */
  after?: { total: number; planned: number };
}

const isCount = (value: number | undefined): value is number =>
  value !== undefined && Number.isInteger(value) && value >= 0;

/**
 * Proportions with counts are judged by Clopper and Pearson's interval, whose coverage is guaranteed, not by the interval that is
 * displayed; everything else by the interval it brings. Undefined where there is neither.
 *
 * @param planned cases there will be if the run goes on to its end, where it may stop before: a confidence sequence then
 */
export function evidenceOf(metric: Metric, planned?: number): Evidence | undefined {
  const { count, total, unit, interval } = metric;
  const confidence = interval?.confidence ?? defaultConfidence;
  if (unit !== 'proportion' || !isCount(count) || !isCount(total)) return interval;
  if (planned === undefined) return clopperPearson({ count, total }, confidence);
  return { ...bettingInterval({ count, total }, planned, confidence), after: { total, planned } };
}

/** Confidence of the interval that is about as wide as a confidence sequence is at its end. */
export const asWideAtTheEnd = (confidence: number): number => (1 + confidence) / 2;

/** What is wrong with a metric's numbers themselves, so that no verdict can rest on them; undefined where nothing is. */
export function defectOf({ value, count, total, interval }: Metric): string | undefined {
  if (value !== null && !Number.isFinite(value)) return `The measured value is ${value}, not a number`;
  if (interval !== undefined && !(interval.low <= interval.high)) return 'Its confidence interval is not one';
  // A mean has a total alone.
  if (count === undefined)
    return total === undefined || isCount(total) ? undefined : `Its total makes no sense: ${String(total)}`;
  if (!isCount(count) || !isCount(total) || count > total) return `Its counts make no sense: ${count} of ${total}`;
  if (value !== null && Math.abs(value * total - count) > 1e-6 * Math.max(1, total))
    return `Its value, ${value}, is not its counts' ratio, ${count} of ${total}`;
  return undefined;
}

const mostExamples = 10_000_000;

/** Up, to two significant digits. */
export function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}

/**
 * About how many more examples it takes until Clopper and Pearson's interval leaves the threshold, if the rate stays as measured; undefined
 * where the rate is at the threshold, or so near that ten million would not do.
 */
export function examplesToSettle(
  { count, total }: { count: number; total: number },
  threshold: number,
  confidence: number,
): number | undefined {
  const rate = count / total;
  const settled = (examples: number) => {
    const { low, high } = clopperPearson({ count: rate * examples, total: examples }, confidence);
    return rate > threshold ? low >= threshold : high <= threshold;
  };
  if (rate === threshold || !settled(mostExamples)) return undefined;
  let enough = total;
  while (!settled(enough)) enough *= 2;
  let short = enough / 2;
  while (enough - short > Math.max(1, 0.01 * enough)) {
    const middle = Math.round((short + enough) / 2);
    if (settled(middle)) enough = middle;
    else short = middle;
  }
  return roundUp(Math.max(1, enough - total));
}
