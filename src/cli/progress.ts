/**
 * How far a run is, on stderr: one line that redraws itself on a terminal, and elsewhere a plain line for each tenth of
 * the work or half minute.
 */
import type { RunEvent } from '../audit-events.ts';
import type { Display } from './perform.ts';
import { colour, columnsOf, duration, integer, printable } from './terminal.ts';

export interface Screen {
  write(text: string): void;
  isTTY: boolean;
  columns: number;
}

const redrawEvery = 100;
const plainLineEvery = 30_000;
const barWidth = 20;

interface Stage {
  name: string;
  started: number;
  /** Where the work stood at the first report: what a resumed run found done is not this run's speed. */
  from?: number;
  last?: { done: number; total: number; unit: string };
}

/** '43 %  1,234/2,880 images  12.3/s  1:23 min left' */
function measure({ started, from = 0, last }: Stage, now: number): string {
  if (!last) return '';
  const { done, total, unit } = last;
  const percent = `${String(total === 0 ? 100 : Math.floor((100 * done) / total)).padStart(3)} %`;
  const parts = [percent, `${integer(done)}/${integer(total)} ${printable(unit)}`];
  const seconds = (now - started) / 1000;
  const rate = (done - from) / seconds;
  if (seconds >= 1 && rate > 0) {
    parts.push(rate >= 10 ? `${integer(rate)}/s` : `${rate.toPrecision(2)}/s`);
    if (done < total) parts.push(`${duration((total - done) / rate)} left`);
  }
  return parts.join('  ');
}

export const bar = (share: number, width = barWidth): string => {
  const filled = Math.round(share * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
};

/** @param now milliseconds of a clock that never goes back */
export function progress(screen: Screen, now: () => number): Display<RunEvent> {
  let stage: Stage | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let shownTenth = 0;

  const clear = () => {
    if (screen.isTTY) screen.write('\r\u001b[2K');
  };
  const draw = () => {
    if (!stage) return;
    const share = stage.last && stage.last.total > 0 ? stage.last.done / stage.last.total : 0;
    let line = `${stage.name}  ${stage.last ? `${bar(share)} ${measure(stage, now())}` : '…'}`;
    while (columnsOf(line) >= screen.columns && line.length > 0) line = line.slice(0, -1);
    clear();
    screen.write(line);
    drawnAt = now();
  };
  const closeStage = () => {
    if (!stage) return;
    const took = duration((now() - stage.started) / 1000);
    clear();
    const amount = stage.last
      ? `  ${integer(stage.last.done)}/${integer(stage.last.total)} ${printable(stage.last.unit)}`
      : '';
    if (screen.isTTY) screen.write(`${colour('dim', `${stage.name}${amount}  ${took}`, process.stderr)}\n`);
    stage = undefined;
  };

  return {
    onEvent(event) {
      switch (event.type) {
        case 'stage':
          closeStage();
          stage = { name: printable(event.name), started: now() };
          shownTenth = 0;
          if (screen.isTTY) draw();
          else {
            screen.write(`${stage.name}\n`);
            drawnAt = now();
          }
          return;
        case 'progress': {
          stage ??= { name: '', started: now() };
          stage.from ??= event.done;
          stage.last = { done: event.done, total: event.total, unit: event.unit };
          if (screen.isTTY) {
            if (now() - drawnAt >= redrawEvery || event.done === event.total) draw();
            return;
          }
          const tenth = event.total === 0 ? 10 : Math.floor((10 * event.done) / event.total);
          if (tenth <= shownTenth && now() - drawnAt < plainLineEvery) return;
          shownTenth = tenth;
          drawnAt = now();
          screen.write(`${stage.name}  ${measure(stage, now()).trimStart()}\n`);
          return;
        }
        case 'note':
          clear();
          screen.write(`${colour('yellow', 'note', process.stderr)}  ${printable(event.text)}\n`);
          if (screen.isTTY) draw();
      }
    },
    end: closeStage,
  };
}
