import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { readCard } from '../../src/config/card.ts';

function written(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'proofhouse-card-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'card.yaml'), text);
  return join(folder, 'card.yaml');
}

it("holds every required field in the demo's card", async () => {
  const { title, fields } = await readCard(fileURLToPath(new URL('../../fixtures/demo/card.yaml', import.meta.url)));
  expect(title).not.toBe('');
  expect(fields.filter(({ required, text }) => required && text === null)).toEqual([]);
});

it('keeps a gap as a gap, and text as text', async () => {
  const { title, fields } = await readCard(
    written('title: T\nowner: "  "\nlimits: <script>alert(1)</script>\nthreat-model: { epsilon: 0.03 }\n'),
  );
  expect(title).toBe('T');
  const text = Object.fromEntries(fields.map((field) => [field.name, field.text]));
  expect(text).toMatchObject({
    owner: null,
    'intended-use': null,
    limits: '<script>alert(1)</script>',
    'threat-model.epsilon': '0.03',
    'threat-model.norm': null,
  });
});

it.each([
  ['title: T\nintended-us: x\n', 'card.yaml:2:1  intended-us: there is no such key. Did you mean "intended-use"?'],
  ['owner: x\n', 'title: is required: text.'],
  ['title: T\nlimits: [a]\n', 'card.yaml:2:9  limits: '],
  ['title: T\nlimits: {a: &a b\n', 'card.yaml:'],
  ['title: !!js/function x\n', 'not readable as YAML'],
  ['', 'card.yaml'],
])('refuses %j with its place', async (text, message) => {
  await expect(readCard(written(text))).rejects.toThrow(message);
});
