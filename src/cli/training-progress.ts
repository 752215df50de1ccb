/**
 * How far a training is, on stderr: a line with a bar for the epochs and one for the batches, redrawn on a terminal, and a line for each
 * epoch that is done; elsewhere plain lines for each epoch and half minute.
 */
import type { TrainingEvent } from '../training/train.ts';
import type { Display } from './perform.ts';
import { bar, type Screen } from './progress.ts';
import { colour, columnsOf, duration, integer, printable } from './terminal.ts';

const redrawEvery = 100;
const plainLineEvery = 30_000;
const barWidth = 10;

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const figures = (loss: number, accuracy: number) => `loss ${loss.toPrecision(3)}  accuracy ${percent(accuracy)}`;

type Step = Extract<TrainingEvent, { type: 'step' }>;

/** @param now milliseconds of a clock that never goes back */
export function trainingProgress(screen: Screen, now: () => number): Display<TrainingEvent> {
  let drawnAt = now();
  let epochStarted = now();
  /** Where the first report stood: what a resumed training found done is not this one's speed. */
  let first: { share: number; images: number; at: number } | undefined;
  let drawn = false;

  const clear = () => {
    if (drawn) screen.write('\r\u001b[2K');
    drawn = false;
  };
  const say = (line: string) => {
    clear();
    screen.write(`${line}\n`);
    drawnAt = now();
  };

  /** Speed and time left, both over all that this process did, evaluations between epochs included. */
  const pace = ({ images }: Step, share: number): string[] => {
    first ??= { share, images, at: now() };
    const seconds = (now() - first.at) / 1000;
    if (seconds < 1 || share <= first.share) return [];
    const left = ((1 - share) * seconds) / (share - first.share);
    return [`${integer((images - first.images) / seconds)} images/s`, `${duration(left)} left`];
  };

  const onStep = (event: Step) => {
    const { epoch, epochs, step, steps, loss, accuracy } = event;
    const share = (epoch + step / steps) / epochs;
    const speed = pace(event, share);
    if (screen.isTTY) {
      if (now() - drawnAt < redrawEvery && step < steps) return;
      const parts = [
        `epoch ${epoch + 1}/${epochs} ${bar(share, barWidth)}`,
        `batch ${step}/${steps} ${bar(step / steps, barWidth)}`,
        ...speed,
        figures(loss, accuracy),
      ];
      let line = parts.join('  ');
      while (columnsOf(line) >= screen.columns && line.length > 0) line = line.slice(0, -1);
      clear();
      screen.write(line);
      drawn = true;
      drawnAt = now();
    } else if (now() - drawnAt >= plainLineEvery) {
      say([`epoch ${epoch + 1}/${epochs}`, `batch ${step}/${steps}`, ...speed, figures(loss, accuracy)].join('  '));
    }
  };

  return {
    onEvent(event) {
      switch (event.type) {
        case 'stage':
          epochStarted = now();
          say(colour('dim', printable(event.name), process.stderr));
          return;
        case 'note':
          say(`${colour('yellow', 'note', process.stderr)}  ${printable(event.text)}`);
          return;
        case 'step':
          onStep(event);
          return;
        case 'epoch': {
          const { epoch, trainLoss, trainAccuracy, cleanAccuracy, robustAccuracy } = event.record;
          const parts = [
            `epoch ${epoch}/${event.epochs}`,
            figures(trainLoss, trainAccuracy.at(-1) ?? 0),
            `held out: clean ${percent(cleanAccuracy)}, attacked ${percent(robustAccuracy)}`,
            duration((now() - epochStarted) / 1000),
            ...(event.best ? [colour('green', 'best', process.stderr)] : []),
          ];
          epochStarted = now();
          say(parts.join('  '));
        }
      }
    },
    end: clear,
  };
}
