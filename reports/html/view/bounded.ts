/** The record without what no page could show: lists of examples beyond their first members. */
import type { RunRecord } from 'proofhouse/plugin';

/** Ids of examples kept of each list. */
const MOST_IDS = 200;

/** A copy whose lists of examples are cut; their true lengths stay with the record itself. */
export function bounded(record: RunRecord): RunRecord {
  if (record.changes === undefined) return record;
  return {
    ...record,
    changes: record.changes.map((change) =>
      change.paired === undefined
        ? change
        : {
            ...change,
            paired: {
              ...change.paired,
              regressed: change.paired.regressed.slice(0, MOST_IDS),
              improved: change.paired.improved.slice(0, MOST_IDS),
            },
          },
    ),
  };
}
