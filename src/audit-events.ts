/** What a run tells while it works, for a terminal or a user interface to show. */
export type RunEvent =
  | { type: 'stage'; name: string }
  | { type: 'progress'; done: number; total: number; unit: string }
  | { type: 'note'; text: string };
