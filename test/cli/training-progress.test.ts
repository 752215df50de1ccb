/** A training's progress on a terminal and in a log, under a clock that the test moves. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { trainingProgress } from '../../src/cli/training-progress.ts';
import type { EpochRecord } from '../../src/plugin/training-record.ts';

const record: EpochRecord = {
  epoch: 1,
  learningRate: 0.1,
  trainLoss: 1.234,
  trainAccuracy: [0.5],
  cleanAccuracy: 0.75,
  robustAccuracy: 0.25,
  groups: [],
};

/** Two epochs of ten steps of 64 images, each step of so many seconds. */
function watch(isTTY: boolean, seconds: number, columns = 200) {
  let written = '';
  let clock = 0;
  const shown = trainingProgress({ write: (text) => (written += text), isTTY, columns }, () => clock);
  const step = (epoch: number, number: number) => {
    clock += seconds * 1000;
    const images = (10 * epoch + number) * 64;
    shown.onEvent({ type: 'step', epochs: 2, epoch, step: number, steps: 10, loss: 0.5, accuracy: 0.8125, images });
  };
  return { shown, step, raw: () => written, lines: () => stripVTControlCharacters(written).split(/[\n\r]+/) };
}

describe('on a terminal', () => {
  it('one line shows both bars, speed, time left, loss and accuracy', () => {
    const { step, lines } = watch(true, 2);
    for (let number = 1; number <= 5; number++) step(0, number);
    // Steps of 64 images in 2 s: 32 a second; 15 of 20 steps are left.
    expect(lines().at(-1)).toBe(
      'epoch 1/2 ███░░░░░░░  batch 5/10 █████░░░░░  32 images/s  30 s left  loss 0.500  accuracy 81.3 %',
    );
  });

  it('no line is wider than the terminal', () => {
    const { step, lines } = watch(true, 2, 40);
    for (let number = 1; number <= 5; number++) step(0, number);
    for (const line of lines()) expect(line.length).toBeLessThan(40);
  });

  it('an epoch that is done leaves its figures', () => {
    const { shown, step, lines } = watch(true, 2);
    step(0, 1);
    shown.onEvent({ type: 'epoch', record, epochs: 2, best: true });
    expect(lines()).toContain(
      'epoch 1/2  loss 1.23  accuracy 50.0 %  held out: clean 75.0 %, attacked 25.0 %  2 s  best',
    );
  });
});

describe('in a log', () => {
  it('there is a line for each epoch and half minute, without escapes', () => {
    const { shown, step, raw, lines } = watch(false, 4);
    for (let number = 1; number <= 10; number++) step(0, number);
    shown.onEvent({ type: 'epoch', record, epochs: 2, best: false });
    shown.onEvent({ type: 'note', text: 'a class \u001b[2J' });
    shown.end();
    expect(lines()[0]).toBe('epoch 1/2  batch 8/10  16 images/s  48 s left  loss 0.500  accuracy 81.3 %');
    expect(lines()[1]).toMatch(/^epoch 1\/2 {2}loss 1\.23/);
    expect(lines()).toHaveLength(4);
    expect(raw()).not.toContain('\u001b[2J');
  });
});
