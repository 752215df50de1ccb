/** Runs a session over rows: packs them into batches the graph accepts, pads where it must, and hands the rows back. */
import * as ort from './runtime.ts';

export interface RowInput {
  name: string;
  /** Dimensions of one row, without the batch. */
  dims: readonly number[];
}

export interface BatchLimits {
  /** The batch the graph insists on; undefined where it is free. */
  fixed: number | undefined;
  /** Most rows of one run. */
  most: number;
}

/**
 * A batch of one may take another path through the runtime's kernels than a larger one, which would make a row's bits depend
 * on its batch. Where the batch is free, a lone row is therefore run twice.
 */
const LEAST = 2;

export class BatchedSession {
  readonly #session: ort.InferenceSession;
  readonly #inputs: readonly RowInput[];
  readonly #limits: BatchLimits;
  #buffers: Float32Array[] = [];
  #capacity = 0;

  constructor(session: ort.InferenceSession, inputs: readonly RowInput[], limits: BatchLimits) {
    this.#session = session;
    this.#inputs = inputs;
    this.#limits = limits;
  }

  /**
   * One call at a time.
   *
   * @param count number of rows
   * @param fill writes row `index` into each input's buffer at row `at`; what it leaves alone holds earlier values
   * @param outputs names of the outputs wanted
   * @returns per output, one array per row; the receiver owns them
   */
  async run(
    count: number,
    fill: (buffers: readonly Float32Array[], at: number, index: number) => void,
    outputs: readonly string[],
  ): Promise<Float32Array[][]> {
    const results: Float32Array[][] = outputs.map(() => []);
    const most = this.#limits.fixed ?? Math.max(LEAST, this.#limits.most);
    for (let start = 0; start < count; start += most) {
      const rows = Math.min(most, count - start);
      const batch = this.#limits.fixed ?? Math.max(LEAST, rows);
      const buffers = this.#buffersFor(batch);
      for (let at = 0; at < batch; at++) fill(buffers, at, start + Math.min(at, rows - 1));
      const feeds = Object.fromEntries(
        this.#inputs.map(({ name, dims }, i) => [name, new ort.Tensor('float32', buffers[i], [batch, ...dims])]),
      );
      const fetched = await this.#session.run(feeds, outputs);
      for (const [i, output] of outputs.entries()) {
        const data = fetched[output].data as Float32Array;
        const width = data.length / batch;
        for (let at = 0; at < rows; at++) results[i].push(data.subarray(at * width, (at + 1) * width));
      }
    }
    return results;
  }

  /** The kept input buffers, cut to a batch: fresh ones would be cleared and collected at every run. */
  #buffersFor(batch: number): Float32Array[] {
    if (batch > this.#capacity) {
      this.#buffers = this.#inputs.map(({ dims }) => new Float32Array(batch * size(dims)));
      this.#capacity = batch;
    }
    return this.#buffers.map((buffer) => buffer.subarray(0, (buffer.length / this.#capacity) * batch));
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);
