/** A realistic record to render: two models, a PGD sweep, two subgroup columns with intersections, gates of every verdict, a gallery of drawn faces. */
import {
  type Detail,
  type Evaluation,
  type Finding,
  type GalleryItem,
  type GateResult,
  type Metric,
  type ReportInput,
  type RunRecord,
  wilson,
} from 'proofhouse/plugin';
import sharp from 'sharp';
import { gateResult, gating } from '../support/gate-result.ts';

const MODELS = ['standard', 'hardened'];
const BUDGETS = [
  ['1/255', 1 / 255],
  ['2/255', 2 / 255],
  ['4/255', 4 / 255],
  ['8/255', 8 / 255],
] as const;
const EXAMPLES = 480;
/** Examples still right, by model and rising ε; the first is clean. */
const RIGHT: Record<string, number[]> = { standard: [457, 331, 203, 78, 9], hardened: [432, 411, 383, 322, 214] };
const TONES = { lighter: 240, medium: 180, darker: 60 };
const AGES = { younger: 250, older: 226 };

export interface Names {
  models?: string[];
  classes?: string[];
  /** Suffix for every id, group value and note. */
  hostile?: string;
}

function proportion(id: string, model: string, label: string, count: number, total: number): Metric {
  const [, evaluation = 'clean'] = /@([^[]+)/.exec(id) ?? [];
  const base = {
    id,
    evaluation,
    model,
    label,
    unit: 'proportion',
    better: id.startsWith('fnr') ? 'lower' : 'higher',
    count,
    total,
  } as const;
  if (total === 0) return { ...base, value: null };
  return { ...base, value: count / total, interval: wilson({ count, total }) };
}

function robustness(models: readonly string[]): Finding {
  const metrics = models.flatMap((model, m) => [
    proportion('clean-accuracy', model, 'Clean accuracy', RIGHT[MODELS[m]][0], EXAMPLES),
    ...BUDGETS.map(([text], index) =>
      proportion(
        `robust-accuracy@pgd:linf:${text}`,
        model,
        `Robust accuracy under PGD, L∞ ${text}`,
        RIGHT[MODELS[m]][index + 1],
        EXAMPLES,
      ),
    ),
    ...BUDGETS.map(([text], index) =>
      proportion(
        `robust-accuracy@worst:linf:${text}`,
        model,
        `Robust accuracy, worst case over attacks, L∞ ${text}`,
        RIGHT[MODELS[m]][index + 1],
        EXAMPLES,
      ),
    ),
  ]);
  const line = (model: string, label: string, shift: number) => ({
    label,
    model,
    points: RIGHT[MODELS[models.indexOf(model)]].map((right, index) => {
      const count = Math.min(RIGHT[MODELS[models.indexOf(model)]][0], right + (index === 0 ? 0 : shift));
      const { low, high } = wilson({ count, total: EXAMPLES });
      return {
        x: index === 0 ? 0 : BUDGETS[index - 1][1],
        xText: index === 0 ? '0' : BUDGETS[index - 1][0],
        y: count / EXAMPLES,
        low,
        high,
      };
    }),
  });
  return {
    audit: 'robust-accuracy',
    title: 'Robust accuracy',
    summary: `${models[0]} falls from 95.2 % on clean images to 1.9 % at L∞ 8/255; ${models[1]} from 90.0 % to 44.6 %.`,
    metrics,
    details: [
      {
        type: 'note',
        level: 'info',
        text: 'Intervals are Wilson score intervals at 95 %, over all examples: a clean error counts as not robust.',
      },
      {
        type: 'curves',
        title: 'Accuracy as the L∞ budget grows',
        xLabel: 'ε (L∞)',
        yLabel: 'Accuracy',
        lines: models.flatMap((model) => [
          line(model, 'PGD', 0),
          line(model, 'FGSM', 48),
          line(model, 'Worst case over attacks', 0),
        ]),
      },
      {
        type: 'steps',
        title: 'Accuracy as queries are spent',
        xLabel: 'Queries for one image',
        yLabel: 'Accuracy',
        scale: 'log',
        lines: models.map((model, index) => ({
          label: 'PGD',
          model,
          start: 0.9,
          points: [4, 31, 260].map((x, place) => ({ x: x + index, y: 0.7 - place / 5 })),
        })),
      },
      {
        type: 'table',
        title: 'Accuracy by model',
        columns: [{ title: 'Evaluation' }, ...models.map((title) => ({ title, align: 'right' as const }))],
        rows: [
          ['Clean', ...models.map((model) => ({ metric: 'clean-accuracy', model }))],
          ...BUDGETS.map(([text]) => [
            `PGD, L∞ ${text}`,
            ...models.map((model) => ({ metric: `robust-accuracy@pgd:linf:${text}`, model })),
          ]),
          ['Something nobody measured', { metric: 'no-such-metric', model: models[0] }, null],
        ],
      },
    ],
  };
}

function subgroups(models: readonly string[], suffix: string): Finding {
  const rates: Record<string, [number, number]> = {
    lighter: [0.04, 0.55],
    medium: [0.07, 0.61],
    darker: [0.23, 0.86],
    younger: [0.06, 0.57],
    older: [0.11, 0.7],
  };
  const forests = models.map((model, m): Extract<Detail, { type: 'forest' }> => {
    const rows = (section: string, label: string, total: number, [clean, attacked]: [number, number]) =>
      (['clean', 'PGD, L∞ 8/255'] as const).map((series, index) => {
        const count = Math.round((index === 0 ? clean : attacked * (m === 0 ? 1 : 0.5)) * total);
        const interval = wilson({ count, total });
        return {
          label: label + suffix,
          section,
          series,
          value: total === 0 ? null : count / total,
          ...(total > 0 && { low: interval.low, high: interval.high }),
          count,
          total,
          small: total < 20,
        };
      });
    return {
      type: 'forest',
      title: `Who ${model} misses`,
      xLabel: 'False-negative rate of “smiling”',
      reference: { label: 'Everyone, clean', value: 0.083 },
      rows: [
        ...Object.entries(TONES).flatMap(([tone, n]) => rows('skin_tone', tone, n / 2, rates[tone])),
        ...Object.entries(AGES).flatMap(([age, n]) => rows('age_group', age, n / 2, rates[age])),
        ...Object.entries(TONES).flatMap(([tone, n], t) =>
          Object.keys(AGES).flatMap((age, a) =>
            rows('skin_tone × age_group', `${tone}, ${age}`, t === 2 ? (a === 0 ? 11 : 0) : n / 4, rates[tone]),
          ),
        ),
      ],
    };
  });
  return {
    audit: 'subgroup-fnr',
    title: 'False negatives by subgroup',
    summary: `${models[0]} misses 23.3 % of smiling darker faces and 4.2 % of lighter ones; under attack it misses most of both.`,
    metrics: models.flatMap((model, m) =>
      Object.entries(TONES).map(
        ([tone, n]): Metric => ({
          ...proportion(
            `fnr@clean[skin_tone=${tone}${suffix}]`,
            model,
            `False-negative rate, clean, skin_tone ${tone}${suffix}`,
            Math.round(rates[tone][0] * (n / 2)) + m,
            n / 2,
          ),
          group: { skin_tone: tone + suffix },
        }),
      ),
    ),
    details: [
      ...forests,
      {
        type: 'note',
        level: 'warning',
        text: 'With 11 positives in “darker, younger” a rate may be off by 25 points either way.',
      },
    ],
  };
}

function gates(models: readonly string[]): GateResult[] {
  const pgd = 'robust-accuracy@pgd:linf:8/255';
  const gate = (rest: Partial<GateResult> & Pick<GateResult, 'verdict' | 'why'>): GateResult =>
    gateResult({
      metric: pgd,
      model: models[1],
      threshold: 0.4,
      measured: 0.4458,
      low: 0.4008,
      high: 0.4915,
      total: EXAMPLES,
      method: 'Clopper–Pearson, 95 %',
      ...rest,
    });
  return [
    gate({ verdict: 'pass', why: 'The lower bound 40.1 % is at or above 40.0 %.' }),
    gate({
      model: models[0],
      measured: 9 / 480,
      low: 0.0086,
      high: 0.0353,
      verdict: 'fail',
      why: 'Even the upper bound 3.5 % is below 40.0 %.',
    }),
    gate({
      metric: 'clean-accuracy',
      threshold: 0.92,
      measured: 0.9,
      low: 0.8696,
      high: 0.9254,
      verdict: 'inconclusive',
      why: '92.0 % lies inside the interval; about 1,900 more examples would settle it.',
    }),
    gate({
      metric: 'fnr@clean[skin_tone=darker]',
      model: models[0],
      kind: 'ceiling',
      threshold: 0.1,
      measured: 7 / 30,
      low: 0.0993,
      high: 0.4228,
      total: 30,
      verdict: 'inconclusive',
      why: '10.0 % lies inside the interval; about 20 more positives would settle it.',
    }),
    gateResult({
      metric: 'robust-accuracy@square:linf:8/255',
      model: models[0],
      kind: 'floor',
      threshold: 0.4,
      by: 'point',
      measured: null,
      method: '',
      verdict: 'error',
      why: 'No audit measured this metric; the nearest is robust-accuracy@pgd:linf:8/255.',
    }),
    gateResult({
      unit: 'number',
      metric: 'median-distance',
      model: models[1],
      kind: 'floor',
      threshold: 2.5,
      by: 'point',
      measured: 1.25,
      method: 'point estimate',
      verdict: 'not applicable',
      why: 'This gate names a model without a gradient.',
    }),
  ];
}

/** A 64 × 64 face of circles; `mood` bends its mouth. */
const face = (hue: string, mood: number): Promise<Buffer> =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="#cfd8e3"/><circle cx="32" cy="34" r="22" fill="${hue}"/><circle cx="24" cy="29" r="3"/><circle cx="40" cy="29" r="3"/><path d="M22 44Q32 ${44 + mood} 42 44" fill="none" stroke="#000" stroke-width="2.5"/></svg>`,
    ),
  )
    .png()
    .toBuffer();

const noise = (seed: number): Promise<Buffer> => {
  const pixels = new Uint8Array(64 * 64 * 3);
  let state = seed;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[i] = state >>> 30 > 1 ? 255 : 0;
  }
  return sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } })
    .png()
    .toBuffer();
};

async function gallery(
  models: readonly string[],
  suffix: string,
): Promise<{ items: GalleryItem[]; images: Map<string, Uint8Array> }> {
  const images = new Map<string, Uint8Array>();
  const items: GalleryItem[] = [];
  for (const [index, hue] of ['#f1c9a5', '#c68a5b', '#6b4226', '#8d5a3a'].entries()) {
    const names = {
      clean: `${index}-clean.png`,
      adversarial: `${index}-adversarial.png`,
      difference: `${index}-difference.png`,
    };
    images.set(names.clean, await face(hue, 10));
    images.set(names.adversarial, await face(hue, 9.5));
    images.set(names.difference, await noise(index + 1));
    items.push({
      model: models[index % models.length],
      example: `smiling/face-${1000 + index}.png${suffix}`,
      evaluation: 'pgd:linf:8/255',
      label: 1,
      clean: { image: names.clean, prediction: 1, confidence: 0.981 },
      adversarial: { image: names.adversarial, prediction: 0, confidence: 0.993 },
      difference: { image: names.difference, amplification: 16 },
      distances: { linf: 8 / 255, l2: 1.2345, l1: 98.7 },
    });
  }
  return { items, images };
}

/** Builds the same record every time. */
export async function buildInput(names: Names = {}): Promise<ReportInput> {
  const models = names.models ?? MODELS;
  const classes = names.classes ?? ['neutral', 'smiling'];
  const suffix = names.hostile ?? '';
  const { items, images } = await gallery(models, suffix);
  const evaluations: Evaluation[] = [
    { id: 'clean', attack: 'clean', title: 'Clean' },
    ...BUDGETS.map(
      ([text, epsilon]): Evaluation => ({
        id: `pgd:linf:${text}`,
        attack: 'pgd',
        title: `PGD, L∞ ${text}`,
        reference: 'Madry et al. 2018, arXiv:1706.06083',
        norm: 'linf',
        epsilon,
        epsilonText: text,
        goal: 'untargeted',
        options: { steps: 40, restarts: 1, stepSize: `ε/10${suffix}` },
        access: 'gradient',
      }),
    ),
  ];
  const record: RunRecord = {
    schemaVersion: 1,
    proofhouse: '0.1.0',
    verdict: {
      status: 'fail',
      sentence: `1 of 6 gates fails: ${models[0]} keeps 1.9 % of its answers under PGD at L∞ 8/255, where 40.0 % was required.`,
    },
    seed: 0,
    command: `proofhouse run proofhouse.yaml --seed 0${suffix && ` --output 'out${suffix}'`}`,
    config: {
      models: Object.fromEntries(
        models.map((model) => [
          model,
          { file: `models/${model}.onnx`, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
        ]),
      ),
      seed: 0,
      gallery: { images: 'show', note: suffix },
    },
    engine: { name: 'onnxruntime-node', version: '1.30.0', device: 'cpu', instructionSet: 'x86-64 AVX2' },
    models: models.map((name, index) => ({
      name,
      file: `${name}.onnx`,
      sha256: 'a3f5'.repeat(15) + `00${index}0`,
      bytes: 1_310_720,
      format: 'ONNX',
      producer: `pytorch 2.4.0${suffix}`,
      opset: 17,
      input: { name: 'image', dims: ['N', 3, 64, 64], layout: 'NCHW' },
      output: { name: 'logits', classes: classes.length },
      parameters: 312_450,
      macs: 41_283_584,
      preprocessing: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], channels: 'rgb' },
      gradient: { available: true },
    })),
    dataset: {
      source: `portraits.csv${suffix}`,
      sha256: '9c1e'.repeat(16),
      examples: EXAMPLES,
      perClass: [242, 238],
      groupColumns: [
        { name: `skin_tone${suffix}`, values: TONES, unknown: 0 },
        { name: 'age_group', values: AGES, unknown: 4 },
      ],
      shape: { channels: 3, height: 64, width: 64 },
    },
    classes,
    evaluations,
    findings: [robustness(models), subgroups(models, suffix)],
    gates: gates(models),
    gating,
    gallery: { mode: 'show', items },
    queries: models.flatMap((model) =>
      evaluations.slice(1).map(({ id }, index) => ({
        model,
        evaluation: id,
        examples: EXAMPLES,
        gradient: 18_200 - index * 3_000,
        score: 960,
        decision: 0,
      })),
    ),
    notes: [`2 points left the threat by at most 6.0e-8 and were repaired.${suffix}`],
  };
  return { record, images };
}

/** The least a record can say: no gates, groups, attacks, findings or images. */
export async function buildEmpty(): Promise<ReportInput> {
  const { record } = await buildInput({ models: ['only'] });
  return {
    record: {
      ...record,
      verdict: { status: 'not applicable', sentence: 'No gate was set.' },
      evaluations: record.evaluations.slice(0, 1),
      dataset: { ...record.dataset, groupColumns: [] },
      findings: [],
      gates: [],
      queries: [],
      notes: [],
      gallery: { mode: 'show', items: [] },
    },
    images: new Map(),
  };
}
