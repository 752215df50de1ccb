/** Calibration: whether a model that says it is 90 % sure is right nine times in ten. */
import {
  type AuditInput,
  type Cell,
  type Detail,
  defineAudit,
  type Metric,
  type OutcomeRow,
  wilson,
  z,
} from 'proofhouse/plugin';
import {
  areProbabilities,
  type Bin,
  brierScore,
  calibrationError,
  equalMassBins,
  logProbabilities,
  type Measured,
  meanScore,
} from './calibration/scores.ts';
import { outOf, percent, range } from './shared/rate.ts';

interface Calibration {
  model: string;
  total: number;
  bins: Bin[];
  error: Measured;
  /** Absent where rows carry no scores of all classes. */
  brier?: Measured;
  likelihood?: Measured;
  /** The outputs are probabilities already. */
  probabilities: boolean;
}

const ids = { error: 'ece@clean', brier: 'brier@clean', likelihood: 'nll@clean' };

function calibrate(model: string, rows: readonly OutcomeRow[], bins: number): Calibration {
  const probabilities = areProbabilities(rows.map(({ scores }) => scores));
  const binned = equalMassBins(
    rows.map(({ confidence, prediction, label, scores }) => ({
      confidence: probabilities ? scores[prediction] : confidence,
      correct: prediction === label,
    })),
    bins,
  );
  const about = { model, total: rows.length, bins: binned, error: calibrationError(binned), probabilities };
  if (rows.some(({ scores, label }) => label >= scores.length)) return about;
  const logs = rows.map(({ scores }) => logProbabilities(scores, probabilities));
  return {
    ...about,
    brier: meanScore(
      logs.map((each, index) => brierScore(each, rows[index].label)),
      { low: 0, high: 2 },
    ),
    likelihood: meanScore(
      logs.map((each, index) => -each[rows[index].label]),
      { low: 0, high: Number.POSITIVE_INFINITY },
    ),
  };
}

function metricsOf({ model, total, error, brier, likelihood }: Calibration): Metric[] {
  const metric = (id: string, label: string, unit: Metric['unit'], { value, interval }: Measured): Metric => ({
    id,
    model,
    label,
    // A true class that got probability 0 makes the likelihood infinite: no value, rather than no number.
    value: Number.isFinite(value) ? value : null,
    ...(interval && Number.isFinite(value) && { interval }),
    total,
    unit,
    better: 'lower',
    evaluation: 'clean',
  });
  return [
    metric(ids.error, 'Expected calibration error, clean', 'number', error),
    ...(brier ? [metric(ids.brier, 'Brier score, clean', 'number', brier)] : []),
    ...(likelihood ? [metric(ids.likelihood, 'Negative log-likelihood, clean', 'number', likelihood)] : []),
  ];
}

function curve(all: readonly Calibration[]): Detail {
  return {
    type: 'curves',
    title: 'Reliability, clean',
    xLabel: 'Confidence (mean of each bin)',
    yLabel: 'Accuracy',
    lines: all.map(({ model, bins }) => ({
      label: 'Measured',
      model,
      points: bins.map((bin) => {
        const { low, high } = wilson({ count: bin.correct, total: bin.total });
        return { x: bin.confidence, xText: percent(bin.confidence), y: bin.correct / bin.total, low, high };
      }),
    })),
  };
}

function table({ model, bins }: Calibration): Detail {
  return {
    type: 'table',
    folded: true,
    title: `Reliability by bin, ${model}`,
    columns: ['Mean confidence', 'Correct', 'Accuracy', '95 % interval', 'Accuracy − confidence'].map((title) => ({
      title,
      align: 'right',
    })),
    rows: bins.map((bin): Cell[] => [
      percent(bin.confidence),
      outOf({ count: bin.correct, total: bin.total }),
      percent(bin.correct / bin.total),
      range(wilson({ count: bin.correct, total: bin.total })),
      `${(100 * (bin.correct / bin.total - bin.confidence)).toFixed(1)} points`,
    ]),
  };
}

function sentence({ model, total, bins, error }: Calibration): string {
  const confidence = bins.reduce((sum, bin) => sum + bin.total * bin.confidence, 0) / total;
  const accuracy = bins.reduce((sum, bin) => sum + bin.correct, 0) / total;
  const side = confidence > accuracy ? 'over' : 'under';
  return `${model} says it is ${percent(confidence)} sure on average and is right in ${percent(accuracy)} (${side}confident); its confidence is off by ${percent(error.value)} on average over bins.`;
}

function notes(all: readonly Calibration[]): Detail[] {
  const note = (level: 'info' | 'warning', text: string): Detail => ({ type: 'note', level, text });
  const probable = all.filter(({ probabilities }) => probabilities).map(({ model }) => model);
  const partial = all.filter(({ brier }) => brier === undefined).map(({ model }) => model);
  return [
    note(
      'info',
      'Bins hold equally many images. The calibration error is biased upwards in small samples; its interval allows for that and holds for any sample size, ' +
        'so that it is wide. A perfectly calibrated model lies on the diagonal: accuracy equals confidence.',
    ),
    ...(probable.length === 0
      ? []
      : [note('info', `The outputs of ${probable.join(', ')} are probabilities already and were taken as they are.`)]),
    ...(partial.length === 0
      ? []
      : [
          note(
            'warning',
            `Brier score and likelihood need the scores of all classes, which rows of more than 100 classes do not carry: ${partial.join(', ')}.`,
          ),
        ]),
  ];
}

const rowsOf = (input: AuditInput, model: string) => input.rows(model, 'clean') ?? [];

export default defineAudit({
  name: 'calibration',
  title: 'Calibration',
  reference:
    'Guo et al. 2017, arXiv:1706.04599; Naeini, Cooper & Hauskrecht 2015 (ECE); Brier 1950; McDiarmid 1989 (interval)',
  description:
    'Whether confidence on clean images can be taken at its word: expected calibration error with bins of equal size, Brier score, negative log-likelihood, reliability curve.',
  options: z.strictObject({
    bins: z.int().min(2).max(100).default(15).describe('bins of the calibration error, of equal size'),
  }),
  metrics: () => Object.values(ids).map((id) => ({ id, unit: 'number' })),
  measure(input, { bins }) {
    const all = input.models
      .filter((model) => rowsOf(input, model).length > 0)
      .map((model) => calibrate(model, rowsOf(input, model), bins));
    return {
      audit: 'calibration',
      title: 'Calibration',
      summary: all.map(sentence).join(' '),
      metrics: all.flatMap(metricsOf),
      details: [curve(all), ...all.map(table), ...notes(all)],
    };
  },
});
