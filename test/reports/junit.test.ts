/** JUnit XML: valid by the XSD of Jenkins' xUnit plugin, and failing a build exactly where the run fails. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import junit from '../../reports/junit.ts';
import type { PartialRecord } from '../../src/plugin/index.ts';
import { cruel, every } from './ci-records.ts';
import { empty, HOSTILE } from './rendered.ts';

const xsd = fileURLToPath(new URL('../support/published-schemas/junit-10.xsd', import.meta.url));
const hasXmllint = spawnSync('xmllint', ['--version']).status === 0;
if (!hasXmllint) console.warn('skip: no xmllint (libxml2-utils); JUnit XML is not validated against its XSD');

const partial: PartialRecord = {
  schemaVersion: 1,
  proofhouse: '0.1.0',
  verdict: { status: 'error', sentence: `Cannot certify: the run was stopped while ${HOSTILE}` },
  command: `proofhouse run ${HOSTILE}`,
  partial: { kind: 'defect', stage: HOSTILE, error: `${HOSTILE}\n]]>`, resume: 'Run the same command with --resume.' },
};
const stopped = () => junit.renderPartial?.(partial) ?? '';

const render = (record = every) => junit.render({ record, images: new Map() }, {});

/** Name of a case → the element in it, from text that the XSD test holds to be XML. */
const outcomes = (text: string) =>
  Object.fromEntries(
    Array.from(text.matchAll(/<testcase name="(?:floor|ceiling) (\w+)[^>]*>\s*<([a-z-]+)/g), ([, name, element]) => [
      name,
      element,
    ]),
  );

test.skipIf(!hasXmllint).each([
  ['every outcome', render()],
  ['hostile names', render(cruel)],
  ['no gates', render(empty.record)],
  ['a run that did not end', stopped()],
])('%s: valid by the XSD', (_, text) => {
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--nonet', '--schema', xsd, '-'], {
    input: text,
    encoding: 'utf8',
  });
  expect(stderr).toContain('- validates');
  expect(status).toBe(0);
});

describe('what a build fails by', () => {
  const text = render();

  test('follows what each gate does to the run', () => {
    expect(outcomes(text)).toEqual({
      held: 'system-out',
      failed: 'failure',
      open: 'error',
      advice: 'skipped',
      accepted: 'skipped',
      broken: 'error',
      elsewhere: 'skipped',
    });
  });

  test('is counted: by suite and in all', () => {
    expect(text).toContain('<testsuites name="proofhouse" tests="7" failures="1" errors="2">');
    expect(text).toContain('<testsuite name="proofhouse.standard" tests="3" failures="0" errors="1" skipped="2">');
    expect(text).toContain('<testsuite name="proofhouse.hardened" tests="4" failures="1" errors="1" skipped="1">');
  });

  test('says why, what was measured and required, who accepted it, and where it is declared', () => {
    expect(text).toContain('message="30.00 % &lt; 50.00 %. Train on, or lower the floor."');
    expect(text).toContain('<property name="floor failed: measured" value="0.25"/>');
    expect(text).toContain('<property name="floor failed: threshold" value="0.5"/>');
    expect(text).toContain('declared at proofhouse.yaml:12:5');
    expect(text).toContain('accepted by ada@example.org until 2030-01-31 (holds): Mended in the next release.');
  });
});

test('a run that did not end is one error, with its message', () => {
  expect(stopped()).toMatch(/<testcase name="the run ends" .*\n\s*<error type="defect" message="Cannot certify: /);
  expect(stopped()).not.toContain('<script');
});

test('holds nothing that XML 1.0 cannot, whatever the names hold', () => {
  // The production Char of XML 1.0: https://www.w3.org/TR/xml/#charsets
  expect(render(cruel)).toMatch(/^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u);
  expect(render(cruel).match(/<testcase /g)).toHaveLength(7);
  expect(render(cruel)).not.toContain('<script');
});
