/** What the record says of the data: its hash, classes and subgroups, counted. */
import type { Dataset } from '../dataset/dataset.ts';
import type { DatasetFacts } from '../plugin/record.ts';

/** @param sha256 what `hashDataset` gave */
export function describeDataset(dataset: Dataset, sha256: string): DatasetFacts {
  const perClass = dataset.classes.map(() => 0);
  for (const { label } of dataset.examples) perClass[label]++;
  return {
    source: dataset.source,
    sha256,
    examples: dataset.examples.length,
    perClass,
    groupColumns: dataset.groupColumns.map((name) => {
      const counts = new Map<string, number>();
      let unknown = 0;
      for (const { groups } of dataset.examples) {
        const value = groups[name];
        if (value === undefined) unknown++;
        else counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return { name, values: Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))), unknown };
    }),
    shape: dataset.decode.shape,
  };
}
