/** What charts of lines share: the drawing's size, how lines are told apart without colour, and which labels of an axis fit. */
import { type Look, look, type Tag, tagOf } from '../look.ts';

/** View box units; drawn at most 1.3 times this size, so that text stays readable on a phone. */
export const WIDTH = 480;
export const HEIGHT = 296;
export const PLOT = { left: 54, right: WIDTH - 26, top: 12, bottom: HEIGHT - 30 };
/** Advance of one character of a tick's label, for deciding which labels fit. */
const CHARACTER = 8;

const DASHES = ['none', '7 4', '2 4', '10 4 2 4', '4 3', '14 5'];

export const round = (value: number) => Math.round(value * 100) / 100;

interface Named {
  label: string;
  model: string;
}

/** How the lines of one chart look and are called. */
export function lineLooks(lines: readonly Named[], tags: ReadonlyMap<string, Tag>) {
  const labels = [...new Set(lines.map(({ label }) => label))];
  const several = new Set(lines.map(({ model }) => model)).size > 1;
  return {
    nameOf: ({ label, model }: Named) => (several && !label.includes(model) ? `${model}: ${label}` : label),
    /** Models keep their look; where one model has the chart to itself, its lines take looks that no model has. */
    lookOf: ({ label, model }: Named, envelope: boolean): Look & { dash: string } => ({
      ...(several || envelope || labels.length === 1 ? tagOf(tags, model) : look(tags.size + labels.indexOf(label))),
      dash: DASHES[labels.indexOf(label) % DASHES.length],
    }),
  };
}

/** The chart for who does not see it: each line's label once, and what its points say after it. */
export const readAloud = (lines: readonly { label: string; points: readonly { says: string }[] }[]): string =>
  lines
    .map(({ label, points }) => [label, ...points.map(({ says }) => says.slice(label.length + 2))].join('; '))
    .join('. ');

/** Labels that would touch the one to their right are left out; the largest x keeps its own. */
export function fittingTicks(all: { x: number; text: string }[]): { x: number; text: string | null }[] {
  let free = Number.POSITIVE_INFINITY;
  return all
    .toReversed()
    .map(({ x, text }) => {
      const half = (text.length * CHARACTER) / 2;
      if (x + half > free) return { x, text: null };
      free = x - half - CHARACTER;
      return { x, text };
    })
    .toReversed();
}
