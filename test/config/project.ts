/** A throw-away project folder with a model file, a class folder and a manifest, and its config resolved. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Flags } from '../../src/config/flags.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { ResolvedRun } from '../../src/config/resolved.ts';
import { loadConfig } from '../../src/config/source.ts';

export function project(files: Record<string, string> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'proofhouse-config-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // Resolving a config looks for model files and does not read them.
  const all = { 'standard.onnx': '', 'hardened.onnx': '', 'people.csv': '', 'images/cat/1.png': '', ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export async function resolveText(
  text: string,
  flags: Flags = {},
  files: Record<string, string> = {},
): Promise<ResolvedRun> {
  const folder = project({ 'proofhouse.yaml': text, ...files });
  const source = await loadConfig(join(folder, 'proofhouse.yaml'));
  return resolveConfig(source.raw, { ...source, flags, cwd: folder });
}

/** The message that resolving a config ends with. */
export async function problemsOf(text: string, flags: Flags = {}, files: Record<string, string> = {}): Promise<string> {
  const { InputError } = await import('../../src/errors.ts');
  try {
    await resolveText(text, flags, files);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error('the config was accepted');
}
