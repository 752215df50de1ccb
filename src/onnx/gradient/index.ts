/** Reverse-mode differentiation of an ONNX graph into ONNX operators. */
import { InputError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import type { GraphBuilder } from '../graph.ts';
import { nodeLabel } from '../graph.ts';
import { inferShapes } from '../shapes.ts';
import { backwardPath } from './path.ts';
import { Tape } from './tape.ts';

export type { GradientObstacle } from './path.ts';
export { gradientObstacles } from './path.ts';

/**
 * Appends the vector–Jacobian product to the builder's graph: given `cotangent` = d loss / d `output`, of the output's
 * shape, returns the name of d loss / d `input`, of the input's shape.
 *
 * The graph must be upgraded to opset ≥ 18 with constants folded into initializers. Optional outputs that the gradient
 * needs (MaxPool's Indices) are named on the graph's own nodes.
 *
 * @throws InputError when a node on the way has no gradient (`gradientObstacles` lists them beforehand), or when the
 * output does not depend on the input
 */
export const differentiate = (
  builder: GraphBuilder,
  { input, ...rest }: { output: string; cotangent: string; input: string },
): string =>
  differentiateAll(
    builder,
    { ...rest, inputs: [input] },
    'Attacks that need scores or decisions only can still be run.',
  )[0];

/**
 * The same for several inputs of the graph at once, in one backward pass: images, parameters or both.
 *
 * @param fix what a person can do where there is no gradient
 */
export function differentiateAll(
  builder: GraphBuilder,
  { output, cotangent, inputs }: { output: string; cotangent: string; inputs: readonly string[] },
  fix?: string,
): string[] {
  const shapes = inferShapes(builder.graph);
  const { steps, active, obstacles } = backwardPath(builder.graph, { output, inputs }, shapes);
  if (obstacles.length > 0)
    throw new InputError(
      `No gradient can be derived: ${obstacles.map(({ node, reason }) => `${nodeLabel(node)} ${reason}`).join('; ')}.`,
      fix,
    );
  for (const input of inputs)
    if (!active.has(input))
      throw new InputError(`The output ${quote(output)} does not depend on the input ${quote(input)}.`);
  const tape = new Tape(builder, shapes);
  tape.seed(output, cotangent);
  for (const { node, rule } of steps.toReversed()) tape.backward(node, rule, active);
  return inputs.map((input) => tape.cotangent(input));
}
