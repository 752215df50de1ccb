/**
 * A badge as the JSON that shields.io asks of an endpoint (shields.io/badges/endpoint-badge). Its colour is the verdict's: a number has no
 * colour of its own, for whether it is good is what the gates say.
 */
import { defineReport, type Metric, type RunRecord, type Verdict, worstSubgroup, z } from 'proofhouse/plugin';
import { inUnit } from './format.ts';
import { wordOf } from './gates.ts';
import { shorten, visible } from './text.ts';

const COLOURS: Record<Verdict, string> = {
  pass: 'brightgreen',
  fail: 'red',
  inconclusive: 'yellow',
  error: 'orange',
  'not applicable': 'lightgrey',
};

const ofAccuracy = (id: string) => /^robust-accuracy@[^[]*$/.test(id);

/** The lowest robust accuracy over everyone that a gate binds; where none does, the lowest that was measured. */
function robustAccuracy({ findings, gates }: RunRecord): Metric | undefined {
  const all = findings.flatMap(({ metrics }) => metrics).filter(({ id, value }) => ofAccuracy(id) && value !== null);
  const gated = all.filter(({ id, model }) => gates.some((gate) => gate.metric === id && gate.model === model));
  const low = (metric: Metric) => metric.value ?? Number.POSITIVE_INFINITY;
  return (gated.length > 0 ? gated : all).toSorted((a, b) => low(a) - low(b)).at(0);
}

function message(record: RunRecord): string {
  const accuracy = robustAccuracy(record);
  const worst = worstSubgroup(record);
  return [
    wordOf(record.verdict.status).word.toLowerCase(),
    ...(accuracy?.value == null
      ? []
      : [`robust ${inUnit(accuracy.value, accuracy.unit)} @${accuracy.id.split('@')[1]}`]),
    ...(worst === undefined ? [] : [`worst group ${worst.metric} ${inUnit(worst.value, worst.unit)}`]),
  ].join(' · ');
}

export default defineReport({
  name: 'badge',
  title: 'Badge',
  description: 'Verdict and two numbers as a shields.io endpoint, coloured by the verdict.',
  file: 'badge.json',
  options: z.strictObject({}),
  render({ record }) {
    const color = COLOURS[record.verdict.status] ?? COLOURS.error;
    const badge = { schemaVersion: 1, label: 'proofhouse', message: shorten(visible(message(record))), color };
    return `${JSON.stringify(badge, null, 2)}\n`;
  },
});
