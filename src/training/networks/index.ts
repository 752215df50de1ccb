/** The built-in network families by name. All take images of any size and end in logits. */
import { emptyGraph, type Graph } from '../../onnx/graph.ts';
import { Layers, type NetworkSpec } from './layers.ts';

export type { NetworkSpec } from './layers.ts';

/** Widths of the stages of a residual network, and basic blocks in each. */
interface Stages {
  stem: number;
  widths: readonly number[];
  blocks: readonly number[];
}

type Body = (layers: Layers, input: string, channels: number) => { features: string; width: number };

/** Basic blocks (He et al. 2016, arXiv:1512.03385); the first of a later stage halves the image, its shortcut a 1 × 1 convolution. */
const residual =
  ({ stem, widths, blocks }: Stages): Body =>
  (layers, input, channels) => {
    let x = layers.relu(layers.normalisation(layers.convolution(input, 'stem', [channels, stem]), 'stem.norm', stem));
    let before = stem;
    widths.forEach((width, stage) => {
      for (let block = 0; block < blocks[stage]; block++) {
        const name = `stage${stage + 1}.block${block + 1}`;
        const stride = stage > 0 && block === 0 ? 2 : 1;
        const first = layers.convolution(x, `${name}.conv1`, [before, width], 3, stride);
        const hidden = layers.relu(layers.normalisation(first, `${name}.norm1`, width));
        const second = layers.convolution(hidden, `${name}.conv2`, [width, width]);
        const branch = layers.normalisation(second, `${name}.norm2`, width);
        const shortcut =
          stride === 1 && before === width
            ? x
            : layers.normalisation(
                layers.convolution(x, `${name}.shortcut`, [before, width], 1, stride),
                `${name}.shortcut.norm`,
                width,
              );
        x = layers.relu(layers.add(`${name}.sum`, branch, shortcut));
        before = width;
      }
    });
    return { features: x, width: before };
  };

/** Blocks that normalise first (Zagoruyko and Komodakis 2016, arXiv:1605.07146), 10 layers deep and 4 times as wide. */
const wide: Body = (layers, input, channels) => {
  let x = layers.convolution(input, 'stem', [channels, 16]);
  let before = 16;
  [64, 128, 256].forEach((width, stage) => {
    const name = `stage${stage + 1}`;
    const stride = stage > 0 ? 2 : 1;
    const active = layers.relu(layers.normalisation(x, `${name}.norm1`, before));
    const first = layers.convolution(active, `${name}.conv1`, [before, width], 3, stride);
    const hidden = layers.relu(layers.normalisation(first, `${name}.norm2`, width));
    const second = layers.convolution(hidden, `${name}.conv2`, [width, width]);
    x = layers.add(`${name}.sum`, second, layers.convolution(active, `${name}.shortcut`, [before, width], 1, stride));
    before = width;
  });
  return { features: layers.relu(layers.normalisation(x, 'norm', before)), width: before };
};

/** Four convolutions, two of them halving the image: for small data and for trying things out. */
const small: Body = (layers, input, channels) => {
  let x = input;
  let before = channels;
  [16, 32, 32, 64].forEach((width, index) => {
    const name = `conv${index + 1}`;
    const convolution = layers.convolution(x, name, [before, width], 3, index % 2 === 1 ? 2 : 1);
    x = layers.relu(layers.normalisation(convolution, `${name}.norm`, width));
    before = width;
  });
  return { features: x, width: before };
};

const families: Readonly<Record<string, Body>> = {
  'resnet-18': residual({ stem: 64, widths: [64, 128, 256, 512], blocks: [2, 2, 2, 2] }),
  'resnet-20': residual({ stem: 16, widths: [16, 32, 64], blocks: [3, 3, 3] }),
  'small-cnn': small,
  'wide-resnet': wide,
};

export const networkNames: readonly string[] = Object.keys(families);

/**
 * A network with its initial weights: input `image` [N, channels, height, width], output `logits` [N, classes].
 *
 * @param name one of `networkNames`
 */
export function buildNetwork(name: string, { channels, classes, seed }: NetworkSpec): Graph {
  const graph = emptyGraph(name, 18);
  graph.inputs = [{ name: 'image', type: 'float32', dims: ['N', channels, 'height', 'width'] }];
  const layers = new Layers(graph, seed);
  const { features, width } = families[name](layers, 'image', channels);
  const logits = layers.classifier(features, [width, classes]);
  graph.outputs = [{ name: logits, type: 'float32', dims: ['N', classes] }];
  return graph;
}
