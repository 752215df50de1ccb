/** The set of images an attacker may choose from: a norm ball around the clean image, intersected with the pixel box [0, 1], or a family of transforms. */

import type { Random } from './random.ts';

/** L0 counts the channel values that differ. */
export type Norm = 'linf' | 'l2' | 'l1' | 'l0';

/**
 * A threat that is no ball of pixel differences; ε is the share of its largest extent that the attacker may use. 'rotation-translation': the image turned by at most ε · 30° and then shifted by at most ε · 3/32 of each side (3 pixels
 * of 32), bilinear, zeros from outside.
 * 'patch': any change of the pixels of one square, anywhere, whose area is at most ε of the image's.
 */
export type Family = 'rotation-translation' | 'patch';

/** What a threat is called in a config and in ids. */
export type ThreatName = Norm | Family;

const names: Record<ThreatName, string> = {
  linf: 'L∞',
  l2: 'L2',
  l1: 'L1',
  l0: 'L0',
  'rotation-translation': 'rotation–translation',
  patch: 'patch',
};

/** For people: 'L∞' of 'linf'. A name that this version does not know stays as it is. */
export const normName = (name: string): string => (Object.hasOwn(names, name) ? names[name as ThreatName] : name);

/** A threat bound to one clean image. Distances are float64, points float32 CHW. */
export interface Threat {
  /** Norm of the ball: of pixel differences, or of a family's parameters. */
  readonly norm: Norm;
  /** Radius in [0, 1] pixel units, or of a family's parameters; `Infinity` for minimal-norm attacks. */
  readonly epsilon: number;
  /** Distance of a point from the clean image in this threat's norm. */
  distance(point: Float32Array): number;
  /** Whether the point is in ball ∩ box, computed in float64; `tolerance` (default 1e-6) is absolute. */
  contains(point: Float32Array, tolerance?: number): boolean;
  /** Moves the point, in place, to its nearest point in ball ∩ box. */
  project(point: Float32Array): void;
  /** A fresh random point of ball ∩ box. */
  randomPoint(random: Random): Float32Array;
  /** One steepest-ascent step of length `step` (in this norm) along `gradient`, then `project`; in place. */
  ascend(point: Float32Array, gradient: Float32Array, step: number): void;
  /** The threat of another radius around the same image, for attacks that search for the radius. */
  within(epsilon: number): Threat;
  /**
   * 'rotation-translation' only: a fresh image, transformed. Parameters are fractions of the most that the family allows, in [−1, 1]; within this threat,
   * in [−ε, ε]. Only images made here, and left as they are, are members. They are the angle, the shift right and the shift down.
   */
  transformed?: (parameters: readonly number[]) => Float32Array;
  /** 'patch' only: side of the largest square that may change, in pixels; 0 where ε is less than one pixel. */
  readonly side?: number;
}
