/** Threats by name. */
import type { Norm, Threat } from '../plugin/threat.ts';
import { l0Ball } from './l0.ts';
import { l1Ball } from './l1.ts';
import { l2Ball } from './l2.ts';
import { linfBall } from './linf.ts';

const balls: Record<Norm, (image: Float32Array, epsilon: number) => Threat> = {
  linf: linfBall,
  l2: l2Ball,
  l1: l1Ball,
  l0: l0Ball,
};

/** The threat of radius `epsilon` (pixel units; may be `Infinity`) around one clean image. */
export const threatAround = (image: Float32Array, norm: Norm, epsilon: number): Threat => balls[norm](image, epsilon);
