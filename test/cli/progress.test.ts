/** Progress on a terminal and in a log, under a clock that the test moves. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { progress } from '../../src/cli/progress.ts';

function watch(isTTY: boolean, columns = 80) {
  let written = '';
  let clock = 0;
  const shown = progress({ write: (text) => (written += text), isTTY, columns }, () => clock);
  return {
    shown,
    /** Moves the clock, then reports. */
    report: (seconds: number, done: number, total = 1000) => {
      clock += seconds * 1000;
      shown.onEvent({ type: 'progress', done, total, unit: 'images' });
    },
    raw: () => written,
    lines: () => stripVTControlCharacters(written).split('\n').slice(0, -1),
  };
}

describe('in a log', () => {
  it('there is one line for each tenth', () => {
    const { shown, report, lines } = watch(false);
    shown.onEvent({ type: 'stage', name: 'attacking' });
    for (let done = 0; done <= 1000; done++) report(0.01, done);
    expect(lines()).toHaveLength(11);
    expect(lines()[0]).toBe('attacking');
    expect(lines()[5]).toBe('attacking  50 %  500/1,000 images  100/s  5 s left');
    expect(lines()[10]).toBe('attacking  100 %  1,000/1,000 images  100/s');
  });

  it('and for each half minute of slow work', () => {
    const { shown, report, lines } = watch(false);
    shown.onEvent({ type: 'stage', name: 'attacking' });
    for (let done = 0; done <= 12; done++) report(10, done);
    expect(lines().slice(1)).toHaveLength(4);
    expect(lines()[1]).toContain('2/1,000 images');
  });

  it('holds no escapes', () => {
    const { shown, report, raw } = watch(false);
    shown.onEvent({ type: 'stage', name: 'attacking \u001b[2J' });
    report(1, 500);
    shown.onEvent({ type: 'note', text: 'class \u001b]0;title\u0007' });
    shown.end();
    expect(raw()).not.toContain('\u001b');
  });
});

describe('on a terminal', () => {
  it('one line redraws itself and fits', () => {
    const { shown, report, raw } = watch(true, 50);
    shown.onEvent({ type: 'stage', name: 'attacking with a name that is rather long for this' });
    report(0, 0);
    report(2, 500);
    report(2, 750);
    expect(raw()).not.toContain('\n');
    for (const line of raw().split('\r\u001b[2K')) expect(line.length).toBeLessThan(50);
  });

  it('a resumed run is timed from where it began', () => {
    const { shown, report, lines } = watch(false);
    shown.onEvent({ type: 'stage', name: 'attacking' });
    report(0, 400);
    report(10, 500);
    // 100 images in 10 s; the 400 that were there took no time.
    expect(lines().at(-1)).toContain('10/s  50 s left');
  });

  it('a note stands above the line', () => {
    const { shown, report, raw } = watch(true);
    shown.onEvent({ type: 'stage', name: 'attacking' });
    report(0, 1);
    shown.onEvent({ type: 'note', text: '3 points were repaired' });
    expect(raw()).toMatch(/3 points were repaired\n.*attacking/su);
  });
});
