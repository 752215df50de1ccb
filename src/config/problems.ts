/**
 * Turns the schema library's issues into sentences that name the place, the value, what was expected and the nearest
 * valid name. Serves the config itself and the options of any plugin.
 */
import { z } from 'zod';
import { InputError } from '../errors.ts';
import type { Locate } from './source.ts';
import { didYouMean, suggest } from './suggest.ts';

export interface Problem {
  path: PropertyKey[];
  message: string;
  /** What is wrong is the key at the end of the path, not its value. */
  part?: 'key';
}

/** One error for all problems, so that a config is mended in one go: `proofhouse.yaml:5:11  attacks.0.norm: …` */
export function configError(problems: readonly Problem[], locate: Locate): InputError {
  const lines = problems.map(({ path, message, part }) => {
    const place = path.map((key) => (/^[^\s\p{C}]+$/u.test(String(key)) ? String(key) : show(String(key)))).join('.');
    return `${locate(path, part)}  ${place === '' ? '' : `${place}: `}${message}`;
  });
  return new InputError(lines.join('\n'));
}

type Schema = z.core.$ZodType;

/** The keys that the schema knows at a path; empty where it does not say. */
function keysAt(schema: Schema | undefined, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return keysAt(schema.def.innerType, path);
  if (schema instanceof z.ZodUnion) return schema.def.options.flatMap((option) => keysAt(option, path));
  if (path.length === 0) return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const [key, ...rest] = path;
  if (schema instanceof z.ZodObject) return keysAt(schema.shape[String(key)], rest);
  if (schema instanceof z.ZodArray) return keysAt(schema.def.element, rest);
  return schema instanceof z.ZodRecord ? keysAt(schema.def.valueType, rest) : [];
}

/** A value in a message: short, quoted, on one line. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping of keys to values',
  record: 'a mapping of names to values',
  array: 'a list',
  tuple: 'a list',
};
const kind = (expected: string) => kinds[expected] ?? expected;

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

const quantity = (origin: string, limit: number | bigint, more: boolean, inclusive: boolean) => {
  const than = inclusive ? (more ? 'at least' : 'at most') : more ? 'more than' : 'less than';
  if (origin === 'string') return `expected ${than} ${limit} character${limit === 1 ? '' : 's'}`;
  if (origin === 'array') return `expected ${than} ${limit} value${limit === 1 ? '' : 's'}`;
  return `expected a number ${inclusive ? than : more ? 'greater than' : 'less than'} ${limit}`;
};

const wrongType = (branch: z.core.$ZodIssue[], value: unknown) =>
  branch.some(
    ({ code, path }) =>
      path.length === 0 && (code === 'invalid_type' || (code === 'invalid_value' && typeof value === 'object')),
  );

/**
 * A union's branches all fail, but only those of the value's own type were meant; where one such branch is left, its
 * issues are the ones to tell.
 */
function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  path: PropertyKey[],
  got: string,
  schema: Schema,
  root: unknown,
): Problem[] {
  const meant = issue.errors.filter((branch) => !wrongType(branch, valueAt(root, path)));
  if (meant.length === 1) return meant[0].flatMap((inner) => problemsOf(inner, path, schema, root));
  const accepted = issue.errors.flatMap((branch) =>
    branch.flatMap((inner) => {
      if (inner.path.length > 0) return [];
      if (inner.code === 'invalid_type') return [kind(inner.expected)];
      return inner.code === 'invalid_value' ? inner.values.map((value) => show(value)) : [];
    }),
  );
  const choice = [...new Set(accepted)].join(', or ');
  return [{ path, message: got === 'nothing' ? `is required: ${choice}.` : `expected ${choice}; got ${got}.` }];
}

function problemsOf(issue: z.core.$ZodIssue, prefix: PropertyKey[], schema: Schema, root: unknown): Problem[] {
  const path = [...prefix, ...issue.path];
  const value = valueAt(root, path);
  const got = show(value);
  const problem = (message: string): Problem[] => [{ path, message }];
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined || value === null) return problem(`is required: ${kind(issue.expected)}.`);
      return problem(`expected ${kind(issue.expected)}; got ${got}.`);
    case 'invalid_value': {
      const known = issue.values.map(String);
      if (value === undefined) return problem(`is required: one of ${known.join(', ')}.`);
      return problem(
        `${got} is not one of ${known.join(', ')}.${typeof value === 'string' ? didYouMean(value, known) : ''}`,
      );
    }
    case 'unrecognized_keys': {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `there is no such key.${suggest(key, known)}`,
        part: 'key' as const,
      }));
    }
    case 'too_small':
    case 'too_big': {
      const more = issue.code === 'too_small';
      const limit = more ? issue.minimum : issue.maximum;
      return problem(`${quantity(issue.origin, limit, more, issue.inclusive ?? true)}; got ${got}.`);
    }
    case 'invalid_union':
      return unionProblems(issue, path, got, schema, root);
    case 'invalid_key':
      return problem(`${show(issue.path.at(-1))} cannot be a name: ${issue.issues.map((i) => i.message).join('; ')}.`);
    case 'invalid_format':
      return problem(`${got} is not accepted: ${issue.message}.`);
    case 'not_multiple_of':
      return problem(`expected a multiple of ${issue.divisor}; got ${got}.`);
    case 'invalid_element':
    case 'custom':
      return problem(issue.message);
    default:
      return issue satisfies never;
  }
}

/**
 * Parses a value, or says everything that is wrong with it.
 * @param prefix where in the config the value stands
 */
export function check<T>(
  schema: z.ZodType<T>,
  value: unknown,
  prefix: PropertyKey[] = [],
): { value: T } | { problems: Problem[] } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, [], schema, value));
  return { problems: problems.map((problem) => ({ ...problem, path: [...prefix, ...problem.path] })) };
}
