/** Workflow commands: what GitHub's runner makes of them, and that no text becomes one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotations, escapeData, escapeProperty, outputLines, stepError } from '../../src/cli/workflow-commands.ts';
import { gateResult } from '../support/gate-result.ts';

/** As actions/runner reads a command: properties between commas, unescaped; the rest of the line is the message. */
function parse(line: string) {
  const [, kind, properties, message] = /^::(\w+)(?: (.*?))?::(.*)$/.exec(line) ?? [];
  const unescape = (text: string) =>
    text
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%');
  const pairs = (properties ?? '')
    .split(',')
    .map((pair) => [pair.split('=')[0], unescape(pair.slice(pair.indexOf('=') + 1))]);
  return { kind, message: unescape(message), ...Object.fromEntries(pairs) } as Record<string, string>;
}

/** As it reads $GITHUB_OUTPUT. */
function readOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  while (lines.length > 1) {
    const [, name, delimiter] = /^([^=]+?)<<(.+)$/.exec(lines.shift() ?? '') ?? [];
    const end = lines.indexOf(delimiter);
    outputs[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n');
  }
  return outputs;
}

const failing = (index: number, rest = {}) =>
  gateResult({
    metric: `m${index}`,
    model: 'a',
    verdict: 'fail',
    why: 'Below.',
    fix: 'Train on.',
    source: { file: 'p.yaml', line: index, column: 5 },
    ...rest,
  });
const inFolder = (file: string) => `audits/${file}`;

describe('annotations', () => {
  it('stand on the line that declares the gate, with the reason and the remedy', () => {
    const [line] = annotations([failing(7)], inFolder);
    expect(line).toBe('::error file=audits/p.yaml,line=7,col=5,title=fail%3A m7 ≥ 0.5 (a)::Below. Train on.');
  });

  it('are errors where a gate blocks, warnings where it warns, and silent where it holds', () => {
    const gates = [failing(1, { effect: 'warns' }), gateResult(), failing(2)];
    expect(annotations(gates, inFolder).map((line) => parse(line).kind)).toEqual(['error', 'warning']);
  });

  it('are at most nine of a kind, and one that counts the others', () => {
    const nine = Array.from({ length: 9 }, (_, index) => failing(index));
    expect(annotations(nine, inFolder)).toHaveLength(9);
    const lines = annotations([...nine, failing(10), failing(11), failing(12, { effect: 'warns' })], inFolder);
    expect(lines).toHaveLength(11);
    expect(lines[9]).toBe('::error::and 2 more; the report lists them all.');
  });

  it('have no place where no file declares the gate', () => {
    expect(annotations([gateResult({ verdict: 'fail', why: 'Below.' })], inFolder)[0]).toMatch(
      /^::error title=[^,]*::Below\.$/,
    );
  });

  it('say any text and obey none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const wild = `${text}%0A,file=x::error::%\r\n::set-output name=a::b`;
        const lines = annotations(
          [failing(1, { rule: wild, why: wild, source: { file: wild, line: 1, column: 1 } })],
          inFolder,
        );
        expect(lines.join('\n').split(/[\r\n]/)).toHaveLength(1);
        const { kind, file, line, title, message } = parse(lines[0]);
        expect({ kind, line }).toEqual({ kind: 'error', line: '1' });
        for (const said of [file, title, message])
          expect(said).toContain('%0A,file=x::error::%\\u{d}\\u{a}::set-output');
      }),
    );
  });

  it('escape as the runner unescapes', () => {
    expect(escapeData('50 %\r\na:b,c')).toBe('50 %25%0D%0Aa:b,c');
    expect(escapeProperty('50 %\r\na:b,c')).toBe('50 %25%0D%0Aa%3Ab%2Cc');
  });
});

describe('outputs', () => {
  it('come back as they were, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const outputs = { verdict: `fail\nEOF\nverdict=pass\nx<<y\n${value}`, report: value, 'worst-group': '' };
        expect(readOutputs(outputLines(outputs))).toEqual(outputs);
      }),
    );
  });
});

describe('an error of the step', () => {
  it('is one line, whatever its message', () => {
    expect(stepError('a: 50 %\nb')).toBe('::error title=Proofhouse::a: 50 %25%0Ab');
  });
});
