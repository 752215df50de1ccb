/** What the machine offers, and how a model is best spread over it. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { EnginePlan } from '../config/plan.ts';
import type { ImageShape } from '../plugin/attack.ts';

/** Above this many multiply–accumulates an image, one session with all threads is as fast as one session a core, at half the memory. */
const LARGE_NETWORK = 500e6;

/** Values that a batch's images may hold, which bounds the memory of activations. */
const BATCH_VALUES = 0.8e6;

/** Fills in what the user left open. Changes speed and memory only. */
export function engineFor(asked: Partial<EnginePlan>, macs: number, shape: ImageShape): EnginePlan {
  const cores = availableParallelism();
  const large = macs >= LARGE_NETWORK;
  const values = shape.channels * shape.height * shape.width;
  return {
    workers: asked.workers ?? (large || asked.threads !== undefined ? 1 : cores),
    threads: asked.threads ?? (large && asked.workers === undefined ? cores : 1),
    batchSize: asked.batchSize ?? Math.min(32, Math.max(4, Math.floor(BATCH_VALUES / values))),
  };
}

/** The vector instructions ONNX Runtime picks its kernels by; runs on one set reproduce to the bit. */
export function instructionSet(): string {
  if (process.arch !== 'x64') return process.arch;
  try {
    const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].split(/\s+/));
    const widest = ['amx_tile', 'avx512_vnni', 'avx512f', 'avx2', 'avx'].find((flag) => flags.has(flag));
    return widest === undefined ? 'x64' : `x64 ${widest}`;
  } catch {
    return 'x64, vector instructions unknown on this system';
  }
}
