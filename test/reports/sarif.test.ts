/** SARIF: valid by the published schema, one alert for each gate that does not hold, and the same fingerprint from run to run. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import sarif from '../../reports/sarif.ts';
import type { RunRecord } from '../../src/plugin/record.ts';
import { cruel, every, gates } from './ci-records.ts';
import { empty } from './rendered.ts';

const published = new URL('../support/published-schemas/sarif-2.1.0-rtm.5.json', import.meta.url);
// Draft 4, of which this schema uses nothing that draft 7 reads otherwise but the name of its own address.
const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(published, 'utf8')) as Record<string, unknown>;
const valid = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(schema);

interface Log {
  runs: [
    {
      tool: { driver: { rules: { id: string }[] } };
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        message: { text: string };
        locations?: [
          {
            physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number; startColumn: number } };
          },
        ];
        partialFingerprints: Record<string, string>;
        suppressions?: { justification: string }[];
      }[];
    },
  ];
}

const render = (record: RunRecord, folder = '') =>
  JSON.parse(sarif.render({ record, images: new Map() }, { folder })) as Log;

test.each([
  ['every outcome', every],
  ['hostile names', cruel],
  ['no gates', empty.record],
])('%s: valid by the schema', (_name, record) => {
  valid(render(record));
  expect(valid.errors).toBeNull();
});

test('the schema refuses what is no SARIF', () => {
  expect(valid({ ...render(every), version: '1.0.0' })).toBe(false);
});

describe('alerts', () => {
  const [{ results, tool }] = render(every).runs;

  test('are the gates that do not hold: errors where they block, else warnings', () => {
    expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['floor failed', 'error'],
      ['floor open', 'error'],
      ['floor advice', 'warning'],
      ['ceiling accepted', 'warning'],
      ['floor broken', 'error'],
    ]);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
  });

  test('stand where the config declares the gate, and say why and what to do', () => {
    expect(results[0].locations?.[0].physicalLocation).toMatchObject({
      artifactLocation: { uri: 'proofhouse.yaml' },
      region: { startLine: 12, startColumn: 5 },
    });
    expect(results[0].message.text).toContain('30.00 % < 50.00 %. Train on, or lower the floor.');
    expect(results[3].suppressions?.[0].justification).toBe('Mended in the next release.');
  });

  test('of a config in a folder are found there, as a URI whatever the name', () => {
    const uri = (record: RunRecord, folder: string) =>
      render(record, folder).runs[0].results[0].locations?.[0].physicalLocation.artifactLocation.uri;
    expect(uri(every, './audits/my model/')).toBe('audits/my%20model/proofhouse.yaml');
    expect(uri(cruel, '')).toMatch(/^a%20b%23%3F%25[\w.!~*'()%-]*\.yaml$/);
  });
});

test('a fingerprint outlives changes of limit, number and place, and tells models and gates apart', () => {
  const prints = (record: RunRecord) =>
    render(record).runs[0].results.map(({ partialFingerprints }) => partialFingerprints['proofhouseGate/v1']);
  const moved = gates.map((gate) => ({
    ...gate,
    measured: 0.1,
    threshold: 0.6,
    rule: `${gate.metric} ≥ 0.6`,
    why: 'Otherwise.',
    source: { file: 'proofhouse.yaml', line: 99, column: 1 },
  }));
  const before = prints(every);
  expect(prints({ ...every, gates: moved })).toEqual(before);
  expect(
    new Set([...before, ...prints({ ...every, gates: gates.map((gate) => ({ ...gate, model: 'third' })) })]).size,
  ).toBe(2 * before.length);
});
