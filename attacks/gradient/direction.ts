/** What an iterative attack steps along: the gradient itself, or what past gradients make of it. */

/** Turns the gradient of each step into the direction of that step; the result is valid until the next call. */
export type Direction = (gradient: Float32Array) => Float32Array;

/**
 * v ← decay·v + g / mean|g|. Dong et al. divide by ‖g‖₁, which scales all of v alike and so changes no step; the mean gives v
 * entries of the order of 1, which a look-ahead of `step · v` needs (the Nesterov variant's own code does the same).
 */
export function accumulated(length: number, decay: number): Direction {
  const velocity = new Float32Array(length);
  return (gradient) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += Math.abs(gradient[i]);
    const scale = sum > 0 ? length / sum : 0;
    for (let i = 0; i < length; i++) velocity[i] = decay * velocity[i] + scale * gradient[i];
    return velocity;
  };
}

/** Adam's direction with its usual constants (Kingma & Ba 2015, arXiv:1412.6980): entries of the order of 1, as large as the gradient is steady. */
export function adam(length: number): Direction {
  const mean = new Float64Array(length);
  const square = new Float64Array(length);
  const direction = new Float32Array(length);
  let steps = 0;
  return (gradient) => {
    steps++;
    const meanScale = 1 / (1 - 0.9 ** steps);
    const squareScale = 1 / (1 - 0.999 ** steps);
    for (let i = 0; i < length; i++) {
      const g = gradient[i];
      mean[i] += 0.1 * (g - mean[i]);
      square[i] += 0.001 * (g * g - square[i]);
      // Gradients of confident networks are far below Adam's usual 1e-8.
      direction[i] = (meanScale * mean[i]) / (Math.sqrt(squareScale * square[i]) + 1e-30);
    }
    return direction;
  };
}
