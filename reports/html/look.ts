/** What a model or a series looks like wherever it appears: a colour and a marker together, so that nothing rests on colour alone. */
import {
  type SymbolType,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
} from 'd3-shape';

const SHAPES: readonly SymbolType[] = [
  symbolCircle,
  symbolSquare,
  symbolDiamond,
  symbolTriangle,
  symbolStar,
  symbolCross,
];

/** Number of series colours in the style sheet. */
const COLOURS = 8;

export interface Look {
  /** Class that carries the colour. */
  colour: string;
  /** SVG path of the marker, centred on the origin. */
  marker: string;
}

/** The look of the index-th of its kind. Colours and shapes repeat with different periods: 24 pairs before one returns. */
export const look = (index: number, area = 46): Look => ({
  colour: `s${(index % COLOURS) + 1}`,
  marker: symbol(SHAPES[index % SHAPES.length], area)() ?? '',
});

export interface Tag extends Look {
  name: string;
}

/** The tag of a model; one that the record does not list still has its name. */
export const tagOf = (tags: ReadonlyMap<string, Tag>, name: string): Tag =>
  tags.get(name) ?? { name, ...look(tags.size) };

/** Model name → its tag, in the record's order. */
export const modelTags = (names: readonly string[]): Map<string, Tag> =>
  new Map(names.map((name, index) => [name, { name, ...look(index) }]));
