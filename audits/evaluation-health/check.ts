/** What one check says of one model. */
import { percent } from '../shared/rate.ts';

export type CheckVerdict = 'ok' | 'warn' | 'fail' | 'n/a';

export interface Check {
  /** As the literature calls it: 'AA-rand', 'I3', 'C1'. */
  id: string;
  title: string;
  verdict: CheckVerdict;
  /** What was measured, in words; for 'n/a' why it was not. */
  value: string;
  threshold: string;
  /** Ids of examples that show it. */
  examples: string[];
  source: string;
  remedy: string;
}

export type About = Pick<Check, 'id' | 'title' | 'threshold' | 'source' | 'remedy'>;

export const autoAttack = 'Croce & Hein 2020, AutoAttack flags';
export const indicators = 'Pintor et al. 2022, arXiv:2106.09947';
export const checklist = 'Carlini et al. 2019, arXiv:1902.06705';
export const ours = 'Proofhouse';

export const notApplicable = (about: About, why: string): Check => ({
  ...about,
  verdict: 'n/a',
  value: why,
  examples: [],
});

/** Some of several examples that show a sign, under one evaluation or another. */
export interface Share {
  /** What was looked at: an evaluation's id. */
  where?: string;
  /** Ids of the examples that show it. */
  examples: readonly string[];
  total: number;
}

const rateOf = ({ examples, total }: Share) => (total === 0 ? 0 : examples.length / total);

/**
 * Judges the evaluation in which the largest share of the examples shows a sign.
 *
 * @param limits a share above `warn` warns, above `fail` fails; the number of examples decides nothing else
 */
export function judgeShare(
  about: About,
  shares: readonly Share[],
  limits: { warn: number; fail: number },
  absent: string,
): Check {
  const measured = shares.filter(({ total }) => total > 0);
  if (measured.length === 0) return notApplicable(about, absent);
  const worst = measured.reduce((most, share) => (rateOf(share) > rateOf(most) ? share : most));
  const rate = rateOf(worst);
  return {
    ...about,
    verdict: rate > limits.fail ? 'fail' : rate > limits.warn ? 'warn' : 'ok',
    value: `${worst.examples.length} of ${worst.total}, ${percent(rate)}${worst.where === undefined ? '' : ` (${worst.where})`}`,
    examples: [...worst.examples],
  };
}
