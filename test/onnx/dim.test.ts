/** Symbolic dimensions obey the laws of the numbers that they stand for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, divideDown, divideExactly, divideUp, multiply, sameDim, subtract } from '../../src/onnx/dim.ts';
import type { Dim } from '../../src/onnx/graph.ts';

const size = fc.integer({ min: 1, max: 40 });
const dim: fc.Arbitrary<Dim> = fc.oneof(size, fc.constantFrom<Dim>('N', 'H', '3*N', 'H*N', '(H+2)', '(2*N+1)'));

describe('symbolic dimensions', () => {
  it('multiply in any order, and divide back', () => {
    fc.assert(
      fc.property(dim, dim, dim, (a, b, c) => {
        expect(multiply(a, b)).toBe(multiply(b, a));
        expect(multiply(multiply(a, b), c)).toBe(multiply(a, multiply(b, c)));
        expect(divideExactly(multiply(a, b), b)).toBe(multiply(a, 1));
      }),
    );
  });

  it('add and subtract numbers exactly', () => {
    fc.assert(
      fc.property(dim, size, size, (a, m, n) => {
        expect(add(add(a, m), n)).toBe(add(a, m + n));
        expect(subtract(add(a, m), m)).toBe(a);
      }),
    );
  });

  it('round as numbers do', () => {
    fc.assert(
      fc.property(size, size, (a, b) => {
        expect(divideDown(a, b)).toBe(Math.floor(a / b));
        expect(divideUp(a, b)).toBe(Math.ceil(a / b));
        expect(divideDown(multiply('N', a * b), b)).toBe(multiply('N', a));
      }),
    );
  });

  it('are compared only where that does not depend on a name', () => {
    expect(sameDim('48*N', '48*N')).toBe(true);
    expect(sameDim('48*N', '47*N')).toBe(false);
    expect(sameDim('W*H', 'H*W')).toBe(true);
    expect(sameDim('N', 3)).toBeUndefined();
    expect(sameDim('N', 'M')).toBeUndefined();
  });
});
