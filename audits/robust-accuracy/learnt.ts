/** What attacks that learn from data were made on, and what that cost: one line for each model and evaluation. */
import type { AuditInput, Detail, MadeOn } from 'proofhouse/plugin';

function sentence(id: string, model: string, halves: readonly MadeOn[]): string {
  const sizes = halves.toSorted((a, b) => a.half - b.half).map(({ examples }) => examples);
  const gradients = halves.reduce((sum, { queries }) => sum + queries.gradient, 0);
  const both =
    sizes.length === 2
      ? 'each half of the images was judged with what was made on the other'
      : 'one half of the images was judged with what was made on the other';
  return `${id} on ${model}: ${both} (on ${sizes.join(' and ')} of them, with ${gradients} gradient queries in all). One change for all images says nothing of what one made for each can do.`;
}

export function learntNotes(input: AuditInput): Detail[] {
  const fitted = input.evaluations.filter((evaluation) => evaluation.fitted);
  return input.models.flatMap((model) =>
    fitted.flatMap(({ id }): Detail[] => {
      const rows = input.rows(model, id) ?? [];
      const own = rows.filter(({ carriedFrom }) => carriedFrom === undefined);
      const halves = new Map(
        own.flatMap(({ madeOn }) => (madeOn === undefined ? [] : [[madeOn.half, madeOn] as const])),
      );
      return halves.size === 0
        ? []
        : [{ type: 'note', level: 'info', text: sentence(id, model, [...halves.values()]) }];
    }),
  );
}
