import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assemble, kernels, output } from '../../scripts/kernels.mjs';

it.each(kernels)('the committed bytes are what %s assembles to', async (kernel) => {
  const strip = (text: string) => text.replaceAll(/\s+/g, '');
  expect(strip(readFileSync(output(kernel), 'utf8'))).toBe(strip(await assemble(kernel)));
});
