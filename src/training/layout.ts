/** Where each parameter and each running statistic lies in the two flat arrays that training works on. */
import { elementCount } from '../onnx/graph.ts';
import type { TrainableNetwork } from './network.ts';

export interface Slot {
  name: string;
  dims: number[];
  start: number;
  end: number;
  decays: boolean;
}

export interface Layout {
  parameters: Slot[];
  /** Mean and variance of each normalisation in turn. */
  statistics: Slot[];
  /** Lengths of the two arrays. */
  parameterCount: number;
  statisticCount: number;
}

export function layoutOf({ graph, parameters, statistics }: TrainableNetwork): Layout {
  const placed = (values: readonly { name: string; dims: number[]; decays: boolean }[]): Slot[] => {
    let start = 0;
    return values.map((value) => {
      const end = start + elementCount(value.dims);
      const slot = { ...value, start, end };
      start = end;
      return slot;
    });
  };
  const dimsOf = (name: string) => graph.initializers.get(name)?.dims ?? [];
  const slots = placed(parameters);
  const running = placed(
    statistics
      .flatMap(({ mean, variance }) => [mean, variance])
      .map((name) => ({ name, dims: dimsOf(name), decays: false })),
  );
  return {
    parameters: slots,
    statistics: running,
    parameterCount: slots.at(-1)?.end ?? 0,
    statisticCount: running.at(-1)?.end ?? 0,
  };
}

/** Values by initializer name, as views of the flat arrays. */
export function namedValues(
  { parameters, statistics }: Layout,
  weights: Float32Array,
  running: Float32Array,
): Map<string, Float32Array> {
  return new Map([
    ...parameters.map(({ name, start, end }) => [name, weights.subarray(start, end)] as const),
    ...statistics.map(({ name, start, end }) => [name, running.subarray(start, end)] as const),
  ]);
}
