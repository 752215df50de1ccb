/** Geometry of a gate's bar: the measured value with its interval on a track, against the threshold, the side that passes and the baseline. */
import { scaleLinear } from 'd3-scale';
import type { GateResult } from 'proofhouse/plugin';
import { tick, type Unit } from '../../format.ts';

const WIDTH = 320;
const MARGIN = 10;
/** Narrowest track for a proportion, so that a hair's breadth does not look like a gulf. */
const NARROWEST = 0.2;

export interface IntervalView {
  width: number;
  start: number;
  end: number;
  startText: string;
  endText: string;
  threshold: number;
  thresholdText: string;
  thresholdAnchor: string;
  pass: { x: number; width: number };
  /** Whether a value, and whether an interval, can be drawn. */
  known: boolean;
  interval: boolean;
  value: number | null;
  low: number | null;
  high: number | null;
  /** Where the baseline stood; null where there is none. */
  baseline: number | null;
}

/** Whether larger values pass. */
const isFloor = ({ kind, required }: GateResult) =>
  kind === 'floor' || (kind === 'worst-subgroup' && required.includes('≥'));

export function intervalView(gate: GateResult, unit: Unit, before: number | null = null): IntervalView {
  const known = [gate.threshold, gate.measured, gate.low, gate.high, before].filter(
    (value): value is number => typeof value === 'number' && Number.isFinite(value),
  );
  const [from, to] =
    gate.measured === null && unit === 'proportion' ? [0, 1] : domain(Math.min(...known), Math.max(...known), unit);
  const x = scaleLinear([from, to], [MARGIN, WIDTH - MARGIN]).clamp(true);
  const at = (value: number | null | undefined) =>
    value === null || value === undefined || !Number.isFinite(value) ? null : Math.round(x(value) * 100) / 100;
  const threshold = at(gate.threshold) ?? MARGIN;
  const [value, low, high] = [at(gate.measured), at(gate.low), at(gate.high)];
  return {
    width: WIDTH,
    start: MARGIN,
    end: WIDTH - MARGIN,
    startText: tick(from, unit),
    endText: tick(to, unit),
    threshold,
    thresholdText: gate.required,
    thresholdAnchor: threshold < 64 ? 'start' : threshold > WIDTH - 64 ? 'end' : 'middle',
    pass: isFloor(gate)
      ? { x: threshold, width: WIDTH - MARGIN - threshold }
      : { x: MARGIN, width: threshold - MARGIN },
    known: value !== null,
    interval: low !== null && high !== null,
    value,
    low,
    high,
    baseline: at(before),
  };
}

function domain(low: number, high: number, unit: Unit): [number, number] {
  if (!(low <= high)) return [0, 1];
  const least = unit === 'proportion' ? NARROWEST : Math.abs(high) || 1;
  const pad = Math.max((high - low) * 0.25, (least - (high - low)) / 2, 0);
  const [from, to] = scaleLinear([low - pad, high + pad], [0, 1])
    .nice(8)
    .domain();
  if (unit !== 'proportion' || low < 0 || high > 1) return [from, to];
  return [Math.max(0, from), Math.min(1, to)];
}
