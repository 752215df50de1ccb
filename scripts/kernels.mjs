// Assembles the WebAssembly kernels (.wat) to the .wasm.ts files beside them, which hold the bytes as text so that they travel with the build.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export const kernels = ['interval', 'line', 'plane'].map((name) => `src/threat/${name}.wat`);

/** The TypeScript file that belongs to a kernel, as text. */
export async function assemble(kernel) {
  const toolkit = await wabt();
  const { buffer } = toolkit.parseWat(kernel, readFileSync(join(root, kernel), 'utf8'), { simd: true }).toBinary({});
  const source = kernel.slice(kernel.lastIndexOf('/') + 1);
  return [
    `/** ${source}, assembled by \`npm run kernels\`; base64. */`,
    'export const bytes =',
    `  '${Buffer.from(buffer).toString('base64')}';`,
    '',
  ].join('\n');
}

export const output = (kernel) => join(root, kernel.replace(/\.wat$/, '.wasm.ts'));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const kernel of kernels) writeFileSync(output(kernel), await assemble(kernel));
}
