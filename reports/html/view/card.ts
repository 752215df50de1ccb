/** The card: what the people who ship the model say of it, with what they leave unsaid shown as a gap. */
import type { RunRecord } from 'proofhouse/plugin';
import { visibleData } from '../../text.ts';

const MOST_LINES = 40;

export interface CardView {
  title: string;
  /** `lines` is empty where there is a gap. */
  fields: { label: string; lines: string[]; required: boolean }[];
  gaps: string | null;
}

/** @param record as it was given: the lines of its texts are lines, and only then made visible */
export function cardView({ card }: RunRecord): CardView | null {
  if (card === undefined) return null;
  const linesOf = (text: string | null) =>
    visibleData((text ?? '').split(/\r?\n/).slice(0, MOST_LINES)).filter((line) => line.trim() !== '');
  const fields = card.fields.map(({ label, text, required }) => ({
    label: visibleData(label),
    lines: linesOf(text),
    required,
  }));
  const gaps = fields.filter(({ required, lines }) => required && lines.length === 0).length;
  return {
    title: visibleData(card.title),
    fields,
    gaps:
      gaps === 0
        ? null
        : `${gaps} ${gaps === 1 ? 'field that a card needs is' : 'fields that a card needs are'} empty.`,
  };
}
