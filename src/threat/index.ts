/** Threats by name. */
import type { Norm, Threat } from '../plugin/threat.ts';
import { l1Ball } from './l1.ts';
import { l2Ball } from './l2.ts';
import { linfBall } from './linf.ts';

const balls: Partial<Record<Norm, (image: Float32Array, epsilon: number) => Threat>> = {
  linf: linfBall,
  l2: l2Ball,
  l1: l1Ball,
};

export const supportedNorms = Object.keys(balls) as Norm[];

/** The threat of radius `epsilon` (pixel units; may be `Infinity`) around one clean image. */
export function threatAround(image: Float32Array, norm: Norm, epsilon: number): Threat {
  const ball = balls[norm];
  if (ball === undefined) throw new Error(`internal: no threat for norm ${norm}`);
  return ball(image, epsilon);
}
