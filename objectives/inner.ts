/** Options that objectives with an inner attack share. */
import { z } from 'proofhouse/plugin';

/** A radius as a number or a fraction such as 8/255; above 0. */
export const epsilonOption = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?\/\d+(\.\d+)?$/, 'a number or a fraction such as 8/255')])
  .default('8/255')
  .transform((written) => {
    if (typeof written === 'number') return written;
    const [above, below] = written.split('/').map(Number);
    return above / below;
  })
  .refine((radius) => Number.isFinite(radius) && radius > 0, 'ε must be above 0')
  .describe('radius of the ball that the inner attack searches');
