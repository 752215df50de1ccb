/**
 * A config file as text with positions: what the YAML says, and the line and column at which any of its values stands.
 * YAML 1.2, and so JSON too. Nothing in it can run code, and repeated aliases cannot make a small file large.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import {
  type CST,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  parseDocument,
  visit,
} from 'yaml';
import { InputError } from '../errors.ts';
import { systemErrorCode } from './paths.ts';

/** Where a value (or the key it stands under) was written: `proofhouse.yaml:5:11`, or the flag that set it. */
export type Locate = (path: readonly PropertyKey[], part?: 'value' | 'key') => string;

export interface ConfigSource {
  /** Name for messages and for the canonical command: the file's name without its folder. */
  name: string;
  /** Absolute folder that paths in the config are relative to. */
  base: string;
  raw: unknown;
  locate: Locate;
}

/** A config is written by hand; anything larger is another file given by mistake. */
const largestConfig = 1 << 18;
const mostAliases = 100;
const deepestNesting = 50;

const keyIs = (pair: Pair, key: PropertyKey) => isScalar(pair.key) && String(pair.key.value) === String(key);

/**
 * Where the text nests deeper than any config does, or undefined. Composing a document is recursive, and a stack that
 * overflows there can end the process; the syntax tree is built and walked here without recursion.
 */
function tooDeep(text: string): number | undefined {
  const open: { token: CST.Token; depth: number }[] = [];
  for (const token of new Parser().parse(text)) open.push({ token, depth: 0 });
  for (let next = open.pop(); next; next = open.pop()) {
    const { token, depth } = next;
    if (depth > deepestNesting) return 'offset' in token ? token.offset : 0;
    if (token.type === 'document' && token.value) open.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      if (key) open.push({ token: key, depth: depth + 1 });
      if (value) open.push({ token: value, depth: depth + 1 });
    }
  }
  return undefined;
}

/** The node at a path, or the deepest that exists on the way there. A value that is a map stands where its key does. */
function nodeAt(root: unknown, path: readonly PropertyKey[], part: 'value' | 'key'): Node | undefined {
  let node = root;
  let found: Node | undefined = isNode(root) ? root : undefined;
  for (const key of path) {
    if (isAlias(node)) break;
    let next: unknown;
    if (isMap(node)) next = node.items.find((item) => isPair(item) && keyIs(item, key));
    else if (isSeq(node)) next = node.items[Number(key)];
    if (isPair(next)) {
      node = next.value;
      if (part === 'value' && (isScalar(node) || isSeq(node))) found = node;
      else if (isNode(next.key)) found = next.key;
    } else if (isNode(next)) {
      node = next;
      found = next;
    } else break;
  }
  return found;
}

/**
 * @param name shown before line and column in messages
 * @throws InputError with line and column when the text is not one plain YAML document
 */
export function parseConfig(text: string, name: string): { raw: unknown; locate: Locate } {
  const lineCounter = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const malformed = (offset: number, message: string, cause?: unknown) =>
    new InputError(`${at(offset)}  not readable as YAML: ${message}`, 'Mend the text at that place.', { cause });

  let raw: unknown;
  let root: unknown;
  try {
    const deep = tooDeep(text);
    if (deep !== undefined) throw malformed(deep, 'it is nested too deeply');
    const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error', version: '1.2' });
    root = document.contents;
    // An unknown tag is only a warning to the parser; here it is refused, since it would change what a value means.
    const problem = document.errors.at(0) ?? document.warnings.at(0);
    if (problem) throw malformed(problem.pos[0], problem.message, problem);
    const anchors = new Set<string>();
    visit(document, {
      Node: (_, node) => {
        if (!isAlias(node)) {
          if (node.anchor !== undefined) anchors.add(node.anchor);
        } else if (!anchors.has(node.source))
          throw malformed(node.range?.[0] ?? 0, `no anchor &${node.source} stands before the alias *${node.source}`);
      },
    });
    raw = document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    if (error instanceof InputError) throw error;
    // Only the alias limit throws (a ReferenceError); all else is among the document's errors.
    throw malformed(0, error instanceof Error ? error.message : String(error), error);
  }
  return {
    raw,
    locate: (path, part = 'value') => at(nodeAt(root, path, part)?.range?.[0] ?? 0),
  };
}

/**
 * Reads a config file.
 * @throws InputError when it is missing, not a file, too large or malformed
 */
export async function loadConfig(path: string): Promise<ConfigSource> {
  const absolute = resolve(path);
  const name = basename(absolute);
  let text: string;
  try {
    const { size } = await stat(absolute);
    if (size > largestConfig)
      throw new InputError(`${path}: ${size} bytes is no config file.`, 'Name the YAML file that describes the run.');
    text = await readFile(absolute, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = systemErrorCode(error);
    if (code === 'ENOENT')
      throw new InputError(`${path}: there is no such config file.`, 'Write one with `proofhouse init`.', {
        cause: error,
      });
    throw new InputError(
      code === 'EISDIR'
        ? `${path} is a folder, not a config file.`
        : `${path}: the config file cannot be read (${code}).`,
      'Name a readable YAML file.',
      { cause: error },
    );
  }
  return { name, base: dirname(absolute), ...parseConfig(text, name) };
}
