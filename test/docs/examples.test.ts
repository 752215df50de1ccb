import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { loadPlugins } from '../../src/plugins.ts';
import { trainingSchema } from '../../src/training/config/schema.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

async function blocks(file: string, language: string): Promise<string[]> {
  const text = await readFile(join(root, file), 'utf8');
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code]) => code);
}

it("accepts the README's config", async () => {
  const [config] = await blocks('README.md', 'yaml');
  expect(configSchema.safeParse(parse(config)).error).toBeUndefined();
});

it("accepts the documentation's training config", async () => {
  const [config] = await blocks('docs/training.md', 'yaml');
  expect(trainingSchema.safeParse(parse(config)).error).toBeUndefined();
});

it("loads the documentation's attack as a plugin", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'proofhouse-docs-'));
  const [code] = await blocks('docs/plugins.md', 'ts');
  await writeFile(join(folder, 'mine.ts'), code);
  const plugins = await loadPlugins(['./mine.ts'], folder);
  expect((await plugins.attack('sign-descent')).options.parse({})).toEqual({ steps: 20 });
  await rm(folder, { recursive: true, force: true });
});

it('names only files that are there', async () => {
  for (const file of ['README.md', 'CONTRIBUTING.md', 'docs/decisions/README.md']) {
    const text = await readFile(join(root, file), 'utf8');
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      const path = join(root, file, '..', link);
      await expect(
        readFile(path).catch((error: NodeJS.ErrnoException) => error.code),
        link,
      ).resolves.not.toBe('ENOENT');
    }
  }
});
