/** The rows that checks look at, and the share of them that shows a sign. */
import type { OutcomeRow, Trace } from 'proofhouse/plugin';
import type { Share } from './check.ts';
import type { Attacked } from './view.ts';

/** Attempts of its own, by evaluation: what a smaller ε had already brought down was not attempted again. */
export const attempts = ({ rows }: Attacked): OutcomeRow[] =>
  [...rows.values()].filter(({ carriedFrom }) => carriedFrom === undefined);

export const shareOf = (where: string, rows: readonly OutcomeRow[], sign: (row: OutcomeRow) => boolean): Share => ({
  where,
  total: rows.length,
  examples: rows.filter(sign).map(({ example }) => example),
});

/** The share of an attack's own attempts that left a sign behind. */
export const traced = (attacked: Attacked, sign: (trace: Trace, row: OutcomeRow) => boolean): Share =>
  shareOf(attacked.id, attempts(attacked), (row) => row.trace !== undefined && sign(row.trace, row));
