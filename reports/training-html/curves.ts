/** What a training's charts draw: figures by epoch. */
import type { Detail, EpochRecord, TrainingRecord } from 'proofhouse/plugin';

type Curves = Extract<Detail, { type: 'curves' }>;

/** Marks that fit on a line; of a longer training every n-th epoch is drawn, and the last, and the kept one. */
const MOST_POINTS = 60;

interface Line {
  label: string;
  of: (epoch: EpochRecord) => number | null;
}

export interface ChartOf {
  id: string;
  chart: Curves;
}

type ChartMaker = (title: string, yLabel: string, unit: Curves['unit'], lines: readonly Line[]) => Curves;

/** In reading order: loss, accuracy, false negatives of each subgroup column clean and attacked, learning rate. */
export function chartsOf(record: TrainingRecord): ChartOf[] {
  const chart: ChartMaker = (title, yLabel, unit, lines) => ({
    type: 'curves',
    title,
    xLabel: 'Epoch',
    yLabel,
    ...(unit !== undefined && { unit }),
    lines: lines.map(({ label, of }) => ({
      label,
      model: '',
      points: drawn(record).map((epoch) => ({ x: epoch.epoch, xText: String(epoch.epoch), y: of(epoch) })),
    })),
  });
  const views = record.curves[0]?.trainAccuracy.length ?? 0;
  return [
    {
      id: 'loss',
      chart: chart('Training loss', 'Mean loss of the objective', 'number', [
        { label: 'training', of: ({ trainLoss }) => trainLoss },
      ]),
    },
    {
      id: 'accuracy',
      chart: chart('Accuracy', 'Share of images that are right', undefined, [
        { label: 'held out, clean', of: ({ cleanAccuracy }) => cleanAccuracy },
        { label: 'held out, attacked', of: ({ robustAccuracy }) => robustAccuracy },
        ...Array.from({ length: views }, (_, view) => ({
          label: views === 1 ? 'training, as trained on' : `training, view ${view + 1}`,
          of: ({ trainAccuracy }: EpochRecord) => trainAccuracy[view],
        })),
      ]),
    },
    ...groupCharts(record, chart),
    ...weightChart(record, chart),
    {
      id: 'rate',
      chart: chart('Learning rate', 'Highest of the epoch', 'number', [
        { label: 'learning rate', of: ({ learningRate }) => learningRate },
      ]),
    },
  ];
}

function groupCharts({ curves, data }: TrainingRecord, chart: ChartMaker): ChartOf[] {
  return data.groupColumns.flatMap(({ name: column }, index) => {
    const values = (curves[0]?.groups ?? []).filter((group) => group.column === column).map(({ value }) => value);
    const lines = (kind: 'clean' | 'robust') =>
      values.map((value) => ({
        label: value,
        of: ({ groups }: EpochRecord) =>
          groups.find((group) => group.column === column && group.value === value)?.[kind] ?? null,
      }));
    if (values.length === 0) return [];
    return [
      {
        id: `group-${index}-clean`,
        chart: chart(
          `Errors by ${column}, clean`,
          'False-negative rate, all classes together',
          undefined,
          lines('clean'),
        ),
      },
      {
        id: `group-${index}-attacked`,
        chart: chart(
          `Errors by ${column}, attacked`,
          'False-negative rate, all classes together',
          undefined,
          lines('robust'),
        ),
      },
    ];
  });
}

/** How an objective that weights groups has weighted them. */
function weightChart({ curves }: TrainingRecord, chart: ChartMaker): ChartOf[] {
  const groups = (curves[0]?.groupWeights ?? []).map(({ group }) => group);
  if (groups.length === 0) return [];
  const lines = groups.map((name) => ({
    label: name,
    of: ({ groupWeights }: EpochRecord) => groupWeights?.find(({ group }) => group === name)?.weight ?? null,
  }));
  return [{ id: 'weights', chart: chart('Weights of groups', 'Share of the loss, after the epoch', undefined, lines) }];
}

function drawn({ curves, best }: TrainingRecord): EpochRecord[] {
  const stride = Math.ceil(curves.length / MOST_POINTS);
  return curves.filter(({ epoch }, index) => index % stride === 0 || index === curves.length - 1 || epoch === best);
}
