/** Accuracy within each subgroup, clean and under attack: what gates on the worst subgroup and on gaps rest on. */
import type { DeclaredMetric, Metric } from 'proofhouse/plugin';
import type { Condition } from '../shared/condition.ts';
import { groupId } from '../shared/group-id.ts';
import type { Partition } from '../shared/partition.ts';
import { rateMetric } from '../shared/rate.ts';

const accuracyId = ({ id, kind }: Pick<Condition, 'id' | 'kind'>) =>
  kind === 'clean' ? 'clean-accuracy' : `robust-accuracy@${id}`;

/** @param conditions ids, as they stand after the '@'; the first is clean */
export const declaredSubgroups = (conditions: readonly string[], partitions: readonly Partition[]): DeclaredMetric[] =>
  conditions.flatMap((id, index) =>
    partitions.flatMap(({ subgroups }) =>
      subgroups.map(({ group, members }) => ({
        id: `${accuracyId({ id, kind: index === 0 ? 'clean' : 'attack' })}${groupId(group)}`,
        unit: 'proportion' as const,
        total: members.length,
        group,
      })),
    ),
  );

export const subgroupAccuracies = (
  model: string,
  conditions: readonly Condition[],
  partitions: readonly Partition[],
): Metric[] =>
  conditions.flatMap((condition) =>
    partitions.flatMap(({ subgroups }) =>
      subgroups.map(({ group, members }) => {
        const among = Object.entries(group).map(([column, value]) => `${column} ${value}`);
        return rateMetric(
          {
            id: `${accuracyId(condition)}${groupId(group)}`,
            model,
            label: `Accuracy among ${among.join(' and ')}, under ${condition.label}`,
            better: 'higher',
            evaluation: condition.id,
            group,
          },
          { count: members.filter((index) => condition.wrong[index] === 0).length, total: members.length },
        );
      }),
    ),
  );
