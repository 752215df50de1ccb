/** Threats by name. */
import type { ImageShape } from '../plugin/attack.ts';
import type { Norm, Threat, ThreatName } from '../plugin/threat.ts';
import { l0Ball } from './l0.ts';
import { l1Ball } from './l1.ts';
import { l2Ball } from './l2.ts';
import { linfBall } from './linf.ts';
import { rotationTranslation } from './rotation-translation.ts';

const balls: Record<Norm, (image: Float32Array, epsilon: number) => Threat> = {
  linf: linfBall,
  l2: l2Ball,
  l1: l1Ball,
  l0: l0Ball,
};

/**
 * The threat of radius `epsilon` (pixel units, or a share of a family's largest transform; may be `Infinity`) around one clean image.
 *
 * @param shape of the image; only families of transforms need it
 */
export function threatAround(image: Float32Array, name: Norm, epsilon: number, shape?: ImageShape): Threat;
export function threatAround(image: Float32Array, name: ThreatName, epsilon: number, shape: ImageShape): Threat;
export function threatAround(image: Float32Array, name: ThreatName, epsilon: number, shape?: ImageShape): Threat {
  return name === 'rotation-translation'
    ? rotationTranslation(image, shape as ImageShape, epsilon)
    : balls[name](image, epsilon);
}
