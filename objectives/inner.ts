/** Options that objectives with an inner attack share, and the attack that they make. */
import { type InnerAttack, type LoopNeeds, z } from 'proofhouse/plugin';

/** A radius as a number or a fraction such as 8/255; above 0. */
export const epsilonOption = (preset: string | number = '8/255') =>
  z
    .union([z.number(), z.string().regex(/^\d+(\.\d+)?\/\d+(\.\d+)?$/, 'a number or a fraction such as 8/255')])
    .default(preset)
    .transform((written) => {
      if (typeof written === 'number') return written;
      const [above, below] = written.split('/').map(Number);
      return above / below;
    })
    .refine((radius) => Number.isFinite(radius) && radius > 0, 'ε must be above 0')
    .describe('radius of the ball that the inner attack searches');

const normOption = z.enum(['linf', 'l2']).default('linf').describe('norm of the ball that the inner attack searches');
const stepsOption = (preset: number) =>
  z.int().positive().default(preset).describe('gradient steps of the inner attack');

/** PGD from a random point: the inner attack of Madry et al. */
export const pgdOptions = {
  epsilon: epsilonOption(),
  norm: normOption,
  steps: stepsOption(7),
  'relative-step': z.number().positive().default(0.25).describe('step length as a fraction of ε; 2/255 of 8/255'),
};

interface PgdOptions {
  epsilon: number;
  norm: 'linf' | 'l2';
  steps: number;
  'relative-step': number;
}

export const pgd = ({ epsilon, norm, steps, 'relative-step': step }: PgdOptions): InnerAttack => ({
  attack: 'pgd',
  norm,
  epsilon,
  options: { steps, 'relative-step': step },
});

/** PGD from beside the image, as TRADES introduced it and MART took it over: 10 steps of .007 in a ball of .031. */
export const nearbyPgdOptions = {
  epsilon: epsilonOption(0.031),
  norm: normOption,
  steps: stepsOption(10),
  'relative-step': z
    .number()
    .positive()
    .optional()
    .describe('step length as a fraction of ε; default: .007 of .031 for linf, 2/steps for l2'),
};

export const nearbyPgd = ({
  epsilon,
  norm,
  steps,
  'relative-step': step = norm === 'linf' ? 0.007 / 0.031 : 2 / steps,
}: Omit<PgdOptions, 'relative-step'> & { 'relative-step'?: number | undefined }): InnerAttack => ({
  attack: 'pgd',
  norm,
  epsilon,
  options: { steps, 'relative-step': step, 'random-start': false },
  noise: 0.001,
});

/** Adversarial weight perturbation, which the objectives that its paper builds on offer. */
export const awpOptions = (gamma: number, warmUp: number) => ({
  awp: z
    .number()
    .nonnegative()
    .default(0)
    .describe(`γ of adversarial weight perturbation (Wu et al. 2020, arXiv:2004.05884): ${gamma} there; 0: none`),
  'awp-warm-up': z.int().nonnegative().default(warmUp).describe('epochs before the weight perturbation begins'),
});

export const awp = ({ awp: gamma, 'awp-warm-up': warmUp }: { awp: number; 'awp-warm-up': number }): LoopNeeds =>
  gamma > 0 ? { weightPerturbation: { gamma, warmUp } } : {};
