/** Writes the layers that the built-in families are made of, with initial weights keyed by layer and seed. */
import { type Attribute, elementCount, type Graph, tensor } from '../../onnx/graph.ts';
import { createRandom } from '../../random.ts';

/** What a family is built for. */
export interface NetworkSpec {
  /** Of the images, which may be of any size: every family ends in a global average. */
  channels: number;
  classes: number;
  seed: number;
}

/** Each layer returns its output, which has the layer's name. */
export class Layers {
  readonly #graph: Graph;
  readonly #seed: number;

  constructor(graph: Graph, seed: number) {
    this.#graph = graph;
    this.#seed = seed;
  }

  /** Normal with variance 2 / fan-out (He et al. 2015, arXiv:1502.01852), as the reference ResNets begin. No bias: a normalisation follows. */
  convolution(x: string, name: string, [inputs, outputs]: readonly [number, number], size = 3, stride = 1): string {
    const kernel = this.#parameter(
      `${name}.weight`,
      [outputs, inputs, size, size],
      Math.sqrt(2 / (outputs * size * size)),
    );
    const pad = (size - 1) / 2;
    return this.#layer(name, 'Conv', [x, kernel], {
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  }

  normalisation(x: string, name: string, channels: number): string {
    const constant = (part: string, value: number) =>
      this.#named(`${name}.${part}`, [channels], new Float32Array(channels).fill(value));
    const parameters = [constant('weight', 1), constant('bias', 0)];
    const statistics = [constant('running_mean', 0), constant('running_var', 1)];
    return this.#layer(name, 'BatchNormalization', [x, ...parameters, ...statistics], { epsilon: 1e-5 });
  }

  relu(x: string): string {
    return this.#layer(`${x}.relu`, 'Relu', [x]);
  }

  add(name: string, a: string, b: string): string {
    return this.#layer(name, 'Add', [a, b]);
  }

  /** Global average, then a matrix: uniform in ±1/√inputs, as PyTorch's Linear begins. @returns 'logits' */
  classifier(x: string, [inputs, classes]: readonly [number, number]): string {
    const pooled = this.#layer('features', 'Flatten', [this.#layer('pool', 'GlobalAveragePool', [x])], { axis: 1 });
    const bound = 1 / Math.sqrt(inputs);
    const uniform = (name: string, dims: number[]) => {
      const random = createRandom(this.#seed, 'weights', name);
      return this.#named(
        name,
        dims,
        Float32Array.from({ length: elementCount(dims) }, () => random.uniform(-bound, bound)),
      );
    };
    const inputsOf = [pooled, uniform('classifier.weight', [classes, inputs]), uniform('classifier.bias', [classes])];
    return this.#layer('logits', 'Gemm', inputsOf, { transB: 1 });
  }

  #layer(name: string, op: string, inputs: string[], attributes: Record<string, Attribute> = {}): string {
    this.#graph.nodes.push({ op, domain: '', name, inputs, outputs: [name], attributes });
    return name;
  }

  #parameter(name: string, dims: number[], deviation: number): string {
    const random = createRandom(this.#seed, 'weights', name);
    return this.#named(
      name,
      dims,
      Float32Array.from({ length: elementCount(dims) }, () => deviation * random.normal()),
    );
  }

  #named(name: string, dims: number[], data: Float32Array): string {
    this.#graph.initializers.set(name, tensor.float32(dims, data));
    return name;
  }
}
