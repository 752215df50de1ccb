/** Concurrent work with results in the order of its items, and no more than a window of them in memory. */

/**
 * Runs `work` on up to `concurrency` items at a time and yields the results in the items' order. Results that were computed
 * ahead are at most `concurrency`; the first rejection ends the iteration.
 */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const window: Promise<Result>[] = [];
  for (const item of items) {
    const started = work(item);
    // It is awaited in its turn; until then Node would take a rejection for one that nobody handles.
    started.catch(() => undefined);
    window.push(started);
    if (window.length >= concurrency) yield* window.splice(0, 1);
  }
  yield* window;
}
