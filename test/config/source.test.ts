/** Reading a config file: positions, and refusal of what is not one small plain YAML document. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/source.ts';
import { InputError } from '../../src/errors.ts';
import { project } from './project.ts';

const level = (name: string, of: string) =>
  `${name}: &${name} [${Array.from({ length: 9 }, () => `*${of}`).join(', ')}]`;

describe('malformed YAML is refused with line and column', () => {
  it.each([
    ['an unclosed list', 'seed: 0\nreports: [html\noutput: out\n', /^c\.yaml:3:1 {2}not readable as YAML/],
    ['a tab as indentation', 'models:\n\tstandard: a.onnx\n', /^c\.yaml:2:1 {2}/],
    ['a key twice', 'seed: 0\nseed: 1\n', /^c\.yaml:2:1 {2}.*unique/],
    ['two documents', 'seed: 0\n---\nseed: 1\n', /^c\.yaml:2:1 {2}/],
    ['a custom tag', 'seed: !!js/function "1"\n', /^c\.yaml:1:7 {2}/],
    ['an unknown alias', 'seed: *zero\n', /^c\.yaml:1:7 {2}/],
  ])('%s', (_, text, expected) => {
    expect(() => parseConfig(text, 'c.yaml')).toThrow(InputError);
    expect(() => parseConfig(text, 'c.yaml')).toThrow(expected);
  });

  it('aliases that multiply', () => {
    const bomb = ['a: &a [x]', level('b', 'a'), level('c', 'b'), level('d', 'c'), level('e', 'd'), level('f', 'e')];
    expect(() => parseConfig(bomb.join('\n'), 'c.yaml')).toThrow(InputError);
  });

  it('nesting without end', () => {
    expect(() => parseConfig('['.repeat(100_000), 'c.yaml')).toThrow(InputError);
  });

  it('merge keys are no more than a key', () => {
    expect(parseConfig('a: &a { x: 1 }\nb: { <<: *a }\n', 'c.yaml').raw).toEqual({
      a: { x: 1 },
      b: { '<<': { x: 1 } },
    });
  });
});

describe('positions', () => {
  const { locate } = parseConfig(
    'models:\n  one:\n    file: a.onnx\nattacks:\n  - pgd\n  - { attack: fgsm, norm: l2 }\n',
    'c.yaml',
  );
  it.each([
    [['models', 'one', 'file'], 'c.yaml:3:11'],
    [['models', 'one'], 'c.yaml:2:3'],
    [['models', 'one', 'mean'], 'c.yaml:2:3'],
    [['attacks', 0], 'c.yaml:5:5'],
    [['attacks', 1, 'norm'], 'c.yaml:6:27'],
    [['nothing'], 'c.yaml:1:1'],
  ])('of %j', (path, expected) => {
    expect(locate(path)).toBe(expected);
  });

  it('of a key', () => {
    expect(locate(['attacks', 1, 'norm'], 'key')).toBe('c.yaml:6:21');
  });
});

describe('a config file', () => {
  it('that is missing says how to write one', async () => {
    await expect(loadConfig(join(project(), 'gone.yaml'))).rejects.toThrow('proofhouse init');
  });

  it('that is a folder, or far too large, is refused', async () => {
    const folder = project();
    mkdirSync(join(folder, 'c.yaml'));
    await expect(loadConfig(join(folder, 'c.yaml'))).rejects.toThrow(InputError);
    writeFileSync(join(folder, 'model.yaml'), 'a'.repeat(2 << 20));
    await expect(loadConfig(join(folder, 'model.yaml'))).rejects.toThrow('is no config file');
  });
});
