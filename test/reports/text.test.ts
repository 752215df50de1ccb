/** Text from outside: made visible, bounded, and otherwise left as it is. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shorten, visible, visibleData } from '../../reports/text.ts';

test('control, bidi and line characters are shown by their code', () => {
  expect(visible('a\u0000b\u001b[31m')).toBe('a⟨U+0000⟩b⟨U+001B⟩[31m');
  expect(visible('cod\u202Egnp.exe')).toBe('cod⟨U+202E⟩gnp.exe');
  expect(visible('one\r\ntwo\u2028')).toBe('one⟨U+000D⟩⟨U+000A⟩two⟨U+2028⟩');
  expect(visible('\ud800')).toBe('⟨U+D800⟩');
  expect(visible('\u{e0041}')).toBe('⟨U+E0041⟩');
});

test('scripts and emoji that need joiners keep them', () => {
  for (const text of ['naïve café', 'می‌خواهم', 'क्‍ष', '👩‍👩‍👧', '皮膚 <b> & "q"', 'ε = 8/255'])
    expect(visible(text)).toBe(text);
});

test('towers of combining marks are cut', () => {
  expect(visible(`e${'\u0301'.repeat(50)}`)).toBe(`e${'\u0301'.repeat(4)}⟨46 more marks⟩`);
});

test('what is visible stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const once = visible(text);
      expect(visible(once)).toBe(once);
      expect(once).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
    }),
  );
});

test('long words and long texts are cut and say by how much; hashes are whole', () => {
  expect(shorten('W'.repeat(100))).toBe(`${'W'.repeat(80)}… (20 more characters)`);
  expect(shorten('ab '.repeat(400))).toBe(`${'ab '.repeat(400).slice(0, 800)}… (400 more characters)`);
  expect(shorten('f'.repeat(64))).toBe('f'.repeat(64));
  expect(shorten('🙂'.repeat(81))).toBe(`${'🙂'.repeat(80)}… (1 more characters)`);
});

test('keys that look the same once shown stay apart, and __proto__ is only a name', () => {
  const data: Record<string, number> = JSON.parse('{"a\\u0000": 1, "a⟨U+0000⟩": 2, "__proto__": 3}');
  expect(Object.entries(visibleData(data))).toEqual([
    ['a⟨U+0000⟩', 1],
    ['a⟨U+0000⟩′', 2],
    ['__proto__', 3],
  ]);
});
