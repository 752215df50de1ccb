/** Versions that a record must name, from the packages' own manifests. */
import { createRequire } from 'node:module';
import { env } from 'onnxruntime-node';

const require = createRequire(import.meta.url);

export const { version } = require('proofhouse/package.json') as { version: string };

export const engineVersion = (): string => env.versions.node ?? env.versions.common;
