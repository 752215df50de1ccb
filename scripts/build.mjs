// Compiles to dist/ and copies what the compiler leaves behind: the report's templates, styles and client script.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const assets = /\.(hbs|css|client\.js)$/;
for (const file of readdirSync(join(root, 'reports'), { recursive: true })) {
  if (!assets.test(file)) continue;
  const to = join(root, 'dist/reports', file);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(root, 'reports', file), to);
}
const bin = join(root, 'dist/src/cli/main.js');
if (existsSync(bin)) chmodSync(bin, 0o755);
