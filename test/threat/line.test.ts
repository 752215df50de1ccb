import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawTowards, stepOn } from '../../src/threat/line.ts';

const float = fc.float({ min: -2, max: 2, noNaN: true });
const points = fc.array(fc.tuple(float, float, float), { minLength: 1, maxLength: 21 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
/** −0 counts as 0. */
const plain = (point: Float32Array) => Array.from(point, (x) => x + 0);

it('draws a point towards another as plain arithmetic does', () => {
  fc.assert(
    fc.property(points, share, (drawn, t) => {
      const point = Float32Array.from(drawn, ([x]) => x);
      const origin = Float32Array.from(drawn, ([, y]) => y);
      const expected = point.map((x, i) => origin[i] + t * (x - origin[i]));
      drawTowards(point, origin, t);
      expect(plain(point)).toEqual(plain(expected));
    }),
  );
});

it('steps on with momentum as plain arithmetic does, and remembers where it was', () => {
  fc.assert(
    fc.property(points, share, (drawn, momentum) => {
      const point = Float32Array.from(drawn, ([x]) => x);
      const ahead = Float32Array.from(drawn, ([, y]) => y);
      const previous = Float32Array.from(drawn, ([, , z]) => z);
      const before = point.slice();
      const expected = point.map((x, i) => x + (1 - momentum) * (ahead[i] - x) + momentum * (x - previous[i]));
      stepOn(point, ahead, previous, momentum);
      expect(plain(point)).toEqual(plain(expected));
      expect(previous).toEqual(before);
    }),
  );
});
