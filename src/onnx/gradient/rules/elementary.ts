/** Elementary functions of one variable. */
import { pointwise } from '../pointwise.ts';
import type { Rule } from '../rule.ts';

export const elementary: Rule[] = [
  pointwise('Exp', [13], (_, __, y) => y),
  pointwise('Log', [13], ({ emit }, x) => emit.op('Reciprocal', [x])),
  pointwise('Sqrt', [13], ({ emit }, _, y) => emit.op('Div', [emit.scalar(0.5), y])),
  pointwise('Reciprocal', [13], ({ emit }, _, y) => emit.op('Neg', [emit.op('Mul', [y, y])])),
  pointwise('Abs', [13], ({ emit }, x) => emit.op('Sign', [x]), '0 at 0'),
  pointwise('Erf', [13], ({ emit }, x) => {
    // erf′(x) = 2/√π · exp(−x²)
    const bell = emit.op('Exp', [emit.op('Neg', [emit.op('Mul', [x, x])])]);
    return emit.op('Mul', [bell, emit.scalar(2 / Math.sqrt(Math.PI))]);
  }),
];
