/** How the held-out examples fare after an epoch: clean accuracy, robust accuracy, and false-negative rates of subgroups. */
import type { EpochRecord } from '../plugin/training-record.ts';
import type { Fit } from './fit.ts';
import type { EvaluationResult } from './task.ts';

/** Examples of one request: small enough that threads end together, large enough to fill batches. */
const SHARE = 128;

export async function evaluate(
  { plan, team, examples, groupColumns, parts }: Fit,
  version: number,
): Promise<Pick<EpochRecord, 'cleanAccuracy' | 'robustAccuracy' | 'groups'>> {
  const indices = parts.heldOut;
  const requests = Array.from({ length: Math.ceil(indices.length / SHARE) }, (_, share) => ({
    ask: 'evaluation' as const,
    // Its own version: an average is evaluated under other weights than those that are trained.
    version: -1 - version,
    examples: indices.slice(share * SHARE, (share + 1) * SHARE),
    attack: plan.selection.attack,
  }));
  const results = (await team.askAll(requests)) as EvaluationResult[];
  const wrong = results
    .flatMap(({ predictions }) => predictions)
    .map((label, i) => label !== examples[indices[i]].label);
  const fallen = results.flatMap((result) => result.fallen ?? []);
  const share = (values: readonly boolean[]) => values.filter(Boolean).length / values.length;
  return {
    cleanAccuracy: 1 - share(wrong),
    robustAccuracy: 1 - share(fallen),
    groups: groupColumns.flatMap((column) => {
      const values = new Set(
        indices.map((index) => examples[index].groups[column]).filter((value) => value !== undefined),
      );
      return [...values].toSorted().map((value) => {
        const members = indices.flatMap((index, i) => (examples[index].groups[column] === value ? [i] : []));
        const rate = (of: readonly boolean[]) => (members.length === 0 ? null : share(members.map((i) => of[i])));
        return { column, value, clean: rate(wrong), robust: rate(fallen), total: members.length };
      });
    }),
  };
}
