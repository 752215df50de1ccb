/** ONNX Runtime sessions, created so that a row's bits do not depend on its batch, and without a word on the console. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph } from '../onnx/graph.ts';
import { writeModel } from '../onnx/write.ts';
import * as ort from './runtime.ts';

export interface SessionOptions {
  /** Threads within an operator. */
  threads: number;
}

// 4 = fatal: ONNX Runtime's warnings would end up between the lines of our own output.
const SILENT = 4;
ort.env.logLevel = 'fatal';

/** A session on a model file. Loading by path keeps one copy of the file fewer in memory than loading from a buffer. */
export function openSession(path: string, { threads }: SessionOptions): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(path, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: SILENT,
    // Idle pools of several multi-threaded sessions spin and slow each other; a single thread never waits.
    ...(threads > 1 && { extra: { session: { intra_op: { allow_spinning: '0' } } } }),
  });
}

/** A session on a graph of ours, through a temporary file that is gone when this returns. */
export async function openGraph(graph: Graph, options: SessionOptions): Promise<ort.InferenceSession> {
  const folder = await mkdtemp(join(tmpdir(), 'proofhouse-'));
  try {
    const path = join(folder, 'graph.onnx');
    await writeFile(path, writeModel(graph));
    return await openSession(path, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Version of the runtime that answers. */
export const engineVersion = (): string => ort.env.versions.node ?? ort.env.versions.common;
