/** The version of this package, from its own manifest. */
import { createRequire } from 'node:module';

export const { version } = createRequire(import.meta.url)('proofhouse/package.json') as { version: string };
