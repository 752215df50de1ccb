/**
 * Arithmetic on dimensions of which some are names. A product of sizes and names is written `48*N`; anything else
 * that a name takes part in becomes a name itself, such as `(H+2)` or `floor((H+2)/3)`, spelt the same whenever it is the same.
 */
import type { Dim } from './graph.ts';

/** The name of the batch dimension in every graph that Proofhouse runs. */
export const BATCH = 'N';

interface Monomial {
  coefficient: number;
  /** Sorted. */
  symbols: string[];
}

/** The factors of a product; those inside parentheses belong to a name. */
function factors(dim: string): string[] {
  const found = [''];
  let depth = 0;
  for (const character of dim) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    if (character === '*' && depth === 0) found.push('');
    else found[found.length - 1] += character;
  }
  return found;
}

function parse(dim: Dim): Monomial {
  if (typeof dim === 'number') return { coefficient: dim, symbols: [] };
  let coefficient = 1;
  const symbols: string[] = [];
  for (const factor of factors(dim)) {
    if (/^\d+$/.test(factor)) coefficient *= Number(factor);
    else symbols.push(factor);
  }
  return { coefficient, symbols: symbols.toSorted() };
}

function format({ coefficient, symbols }: Monomial): Dim {
  if (coefficient === 0 || symbols.length === 0) return coefficient;
  return [...(coefficient === 1 ? [] : [coefficient]), ...symbols].join('*');
}

/** Whether `name` is a factor of a dimension: N of `48*N`. */
export const hasFactor = (dim: Dim, name: string): boolean => typeof dim === 'string' && factors(dim).includes(name);

export function multiply(left: Dim, right: Dim): Dim {
  const [a, b] = [parse(left), parse(right)];
  return format({ coefficient: a.coefficient * b.coefficient, symbols: [...a.symbols, ...b.symbols].toSorted() });
}

export const product = (dims: readonly Dim[]): Dim => dims.reduce(multiply, 1);

/** left / right where that is a size for every value of the names; undefined where it is not. */
export function divideExactly(left: Dim, right: Dim): Dim | undefined {
  const [a, b] = [parse(left), parse(right)];
  const symbols = [...a.symbols];
  for (const symbol of b.symbols) {
    const index = symbols.indexOf(symbol);
    if (index < 0) return undefined;
    symbols.splice(index, 1);
  }
  if (b.coefficient === 0 || a.coefficient % b.coefficient !== 0) return undefined;
  return format({ coefficient: a.coefficient / b.coefficient, symbols });
}

/** ⌊left / right⌋. */
export function divideDown(left: Dim, right: number): Dim {
  if (typeof left === 'number') return Math.floor(left / right);
  return divideExactly(left, right) ?? `floor(${left}/${right})`;
}

/** ⌈left / right⌉. */
export function divideUp(left: Dim, right: number): Dim {
  if (typeof left === 'number') return Math.ceil(left / right);
  return divideExactly(left, right) ?? `ceil(${left}/${right})`;
}

export function add(left: Dim, right: Dim): Dim {
  if (typeof left === 'number') return typeof right === 'number' ? left + right : add(right, left);
  if (typeof right === 'string') return `(${[left, right].toSorted().join('+')})`;
  const [, base, offset] = /^\((.+)([+-]\d+)\)$/.exec(left) ?? [undefined, left, '0'];
  const sum = Number(offset) + right;
  if (sum === 0) return base;
  return `(${base}${sum < 0 ? '' : '+'}${sum})`;
}

export function subtract(left: Dim, right: Dim): Dim | undefined {
  if (typeof right === 'number') return add(left, -right);
  return left === right ? 0 : undefined;
}

/** As messages show a shape or any list of sizes: [N, 3, 32, 32]. */
export const describeDims = (dims: readonly Dim[]): string => `[${dims.join(', ')}]`;

/** Whether two dimensions are the same: undefined where that depends on what a name stands for. */
export function sameDim(left: Dim, right: Dim): boolean | undefined {
  if (left === right) return true;
  const [a, b] = [parse(left), parse(right)];
  return a.symbols.join('*') === b.symbols.join('*') ? a.coefficient === b.coefficient : undefined;
}
