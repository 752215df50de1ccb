/** Threats by name. */
import type { ImageShape } from '../plugin/attack.ts';
import type { Family, Norm, Threat, ThreatName } from '../plugin/threat.ts';
import { l0Ball } from './l0.ts';
import { l1Ball } from './l1.ts';
import { l2Ball } from './l2.ts';
import { linfBall } from './linf.ts';
import { patch } from './patch.ts';
import { rotationTranslation } from './rotation-translation.ts';

const balls: Record<Norm, (image: Float32Array, epsilon: number) => Threat> = {
  linf: linfBall,
  l2: l2Ball,
  l1: l1Ball,
  l0: l0Ball,
};

const families: Record<Family, (image: Float32Array, shape: ImageShape, epsilon: number) => Threat> = {
  'rotation-translation': rotationTranslation,
  patch,
};

const isFamily = (name: ThreatName): name is Family => name in families;

/**
 * The threat of radius `epsilon` (pixel units, or a family's share; may be `Infinity`) around one clean image.
 *
 * @param shape of the image; only families need it
 */
export function threatAround(image: Float32Array, name: Norm, epsilon: number, shape?: ImageShape): Threat;
export function threatAround(image: Float32Array, name: ThreatName, epsilon: number, shape: ImageShape): Threat;
export function threatAround(image: Float32Array, name: ThreatName, epsilon: number, shape?: ImageShape): Threat {
  return isFamily(name) ? families[name](image, shape as ImageShape, epsilon) : balls[name](image, epsilon);
}
