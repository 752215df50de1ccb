/** How examples fall into subgroups: by each column, and by each pair of columns. */
import type { AuditInput } from 'proofhouse/plugin';

export interface Subgroup {
  /** Column → value. */
  group: Record<string, string>;
  /** Values alone: 'darker', or 'darker · older'. */
  label: string;
  /** Indices into the examples. */
  members: number[];
}

export interface Partition {
  columns: readonly string[];
  /** 'skin_tone', or 'skin_tone × age_group'. */
  title: string;
  /** Sorted by value; only combinations that occur. */
  subgroups: Subgroup[];
  /** Examples with a blank cell in any of the columns: they are counted, but are no subgroup. */
  unknown: number[];
}

/** Order of tuples of equal length. */
const byValues = (first: readonly string[], second: readonly string[]) => {
  const differing = first.findIndex((value, position) => value !== second[position]);
  return first[differing] < second[differing] ? -1 : 1;
};

function partition(examples: AuditInput['examples'], columns: readonly string[]): Partition {
  const subgroups = new Map<string, Subgroup & { values: string[] }>();
  const unknown: number[] = [];
  examples.forEach(({ groups }, index) => {
    if (!columns.every((column) => Object.hasOwn(groups, column))) {
      unknown.push(index);
      return;
    }
    const values = columns.map((column) => groups[column]);
    const key = JSON.stringify(values);
    let subgroup = subgroups.get(key);
    if (subgroup === undefined) {
      const group = Object.fromEntries(columns.map((column, position) => [column, values[position]]));
      subgroup = { group, label: values.join(' · '), members: [], values };
      subgroups.set(key, subgroup);
    }
    subgroup.members.push(index);
  });
  return {
    columns,
    title: columns.join(' × '),
    subgroups: [...subgroups.values()].toSorted((first, second) => byValues(first.values, second.values)),
    unknown,
  };
}

/** One partition a column, then one a pair of columns. */
export function partitionsOf(examples: AuditInput['examples'], columns: readonly string[]): Partition[] {
  const pairs = columns.flatMap((first, index) => columns.slice(index + 1).map((second) => [first, second]));
  return [...columns.map((column) => [column]), ...pairs].map((each) => partition(examples, each));
}
