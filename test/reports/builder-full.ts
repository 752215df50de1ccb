/** A record in which everything that a report can show is filled: baseline, flips, history, card, accepted risks, evidence, what the network sees. */
import type { Change, GateResult, HistoryEntry, Metric, ReportInput, RunRecord } from 'proofhouse/plugin';
import { wilson } from 'proofhouse/plugin';
import sharp from 'sharp';
import { gateResult } from '../support/gate-result.ts';
import { buildInput, type Names } from './builder.ts';

function change(model: string, evaluation: string, regressed: number, improved: number, suffix: string): Change {
  const ids = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `smiling/face-${from + index}.png${suffix}`);
  const total = 480;
  const drop = (regressed - improved) / total;
  return {
    model,
    baselineModel: `${model} 1.4`,
    evaluation,
    differs: [],
    paired: {
      total,
      stand: 200,
      fall: total - 200 - regressed - improved,
      regressed: ids(1000, regressed),
      improved: ids(3000, improved),
      drop,
      low: drop - 0.021,
      high: drop + 0.021,
      confidence: 0.95,
      method: 'Tango',
      p: regressed > improved ? 0.0021 : 0.61,
      groups: [
        {
          column: `skin_tone${suffix}`,
          value: `darker${suffix}`,
          total: 60,
          regressed: Math.ceil(regressed / 2),
          improved: 0,
        },
        {
          column: `skin_tone${suffix}`,
          value: `lighter${suffix}`,
          total: 240,
          regressed: Math.floor(regressed / 2),
          improved,
        },
      ],
    },
  };
}

function history(model: string, sha256: string, suffix: string): HistoryEntry[] {
  const values = [0.41, 0.42, 0.4, 0.43, 0.47, 0.46, 0.4458];
  return values.map((value, index) => ({
    ...(index < values.length - 1 && { date: `2026-0${index + 3}-14T08:00:00Z` }),
    commit: `${'c0ffee1'.slice(index)}${index}${suffix}`,
    verdict: index === 2 || index === 6 ? 'fail' : 'pass',
    dataset: index < 2 ? 'f'.repeat(64) : sha256,
    metrics: [
      { id: 'robust-accuracy@pgd:linf:8/255', model, value },
      { id: 'clean-accuracy', model, value: value + 0.45 },
    ],
  }));
}

function crossed(model: string, suffix: string): Metric[] {
  return ['clean', 'worst:linf:8/255'].flatMap((evaluation, worse) =>
    ['lighter', 'medium', 'darker'].flatMap((tone, t) =>
      ['younger', 'older'].map((age, a): Metric => {
        const total = t === 2 && a === 1 ? 11 : 60;
        const count = Math.round(total * (0.05 + 0.12 * t + 0.06 * a + 0.45 * worse));
        return {
          id: `fnr@${evaluation}[skin_tone=${tone}${suffix},age_group=${age}]`,
          model,
          label: `False-negative rate among ${tone} ${age}`,
          value: count / total,
          interval: wilson({ count, total }),
          count,
          total,
          unit: 'proportion',
          better: 'lower',
          evaluation,
          group: { [`skin_tone${suffix}`]: tone + suffix, age_group: age },
        };
      }),
    ),
  );
}

const gaps = (model: string, suffix: string): Metric[] =>
  ['clean', 'worst:linf:8/255'].flatMap((evaluation, worse) => {
    const about = { model, unit: 'proportion', better: 'lower', evaluation } as const;
    const ending = `@${evaluation}[skin_tone${suffix}]`;
    return [
      {
        ...about,
        id: `fnr-gap${ending}`,
        label: 'Gap of the false-negative rate by skin_tone',
        value: 0.19 + worse / 10,
        interval: { low: 0.08, high: 0.31 + worse / 10, confidence: 0.95, method: 'Newcombe' },
      },
      { ...about, id: `fnr-gap-p${ending}`, label: 'Permutation p', value: 0.004, unit: 'number' as const },
      { ...about, id: `fnr-gap-expected${ending}`, label: 'Expected gap', value: 0.07 },
    ];
  });

function gates(model: string, suffix: string): GateResult[] {
  const risk = {
    gate: `worst-subgroup fnr@clean[skin_tone]${suffix}`,
    model,
    measured: 0.22,
    reason: `The next training set doubles these groups.${suffix}`,
    owner: `model-safety${suffix}`,
    expires: '2027-01-31',
    ticket: `SAFE-118${suffix}`,
    state: 'holds' as const,
  };
  return [
    gateResult({
      kind: 'max-drop',
      model,
      metric: 'robust-accuracy@pgd:linf:8/255',
      id: `max-drop robust-accuracy@pgd:linf:8/255${suffix}`,
      rule: `robust-accuracy@pgd:linf:8/255 drops by at most 1 point${suffix}`,
      threshold: 0.01,
      required: 'a drop of at most 1 point',
      measured: 0.0292,
      low: 0.0081,
      high: 0.0502,
      total: 480,
      method: 'exact McNemar, one-sided, p = 0.0021',
      verdict: 'fail',
      why: '22 examples fell that stood before and 8 stand that fell: more than chance, and more than 1 point.',
      fix: `Look at the harmful flips below, or accept the risk with proofhouse accept.${suffix}`,
      source: { file: `proofhouse.yaml${suffix}`, line: 31, column: 5 },
    }),
    gateResult({
      kind: 'worst-subgroup',
      model,
      metric: 'fnr@clean',
      id: risk.gate,
      rule: `every skin_tone: fnr@clean ≤ 0.15${suffix}`,
      threshold: 0.15,
      required: 'every subgroup ≤ 15.0 %',
      measured: 0.233,
      low: 0.118,
      high: 0.386,
      total: 30,
      method: 'Clopper–Pearson, Holm over 3 subgroups',
      verdict: 'fail',
      effect: 'warns',
      accepted: risk,
      why: 'darker is missed more often than 15.0 % allows.',
      evidence: [
        {
          label: `skin_tone darker${suffix}`,
          measured: 0.233,
          low: 0.118,
          high: 0.386,
          count: 7,
          total: 30,
          p: 0.012,
          verdict: 'fail',
        },
        {
          label: 'skin_tone medium',
          measured: 0.07,
          low: 0.03,
          high: 0.14,
          count: 6,
          total: 90,
          p: 0.8,
          verdict: 'pass',
        },
        { label: 'skin_tone unlisted', measured: null, count: 0, total: 0, verdict: 'inconclusive' },
      ],
    }),
    gateResult({
      kind: 'attack-health',
      model,
      id: `attack-health${suffix}`,
      rule: 'attack-health',
      threshold: null,
      required: 'no check fails',
      unit: 'number',
      by: 'point',
      measured: 0,
      verdict: 'pass',
      level: 'warn',
      why: 'None of 3 checks fails.',
      evidence: [{ label: 'AA-rand: equal questions get equal answers', measured: null, verdict: 'pass' }],
    }),
  ].map(({ metric, ...rest }) => (rest.kind === 'attack-health' ? rest : { ...rest, ...(metric && { metric }) }));
}

const map = (side: number, seed: number): Promise<Buffer> =>
  sharp(
    Uint8Array.from({ length: side * side }, (_, at) => (Math.imul(at + seed, 2654435761) >>> 24) & (0x7f + seed)),
    { raw: { width: side, height: side, channels: 1 } },
  )
    .png()
    .toBuffer();

/** Builds the same record every time. */
export async function buildFull(names: Names = {}): Promise<ReportInput> {
  const { record, images } = await buildInput(names);
  const suffix = names.hostile ?? '';
  const [first, second] = record.models.map(({ name }) => name);
  const pictures = new Map(images);
  const items = await Promise.all(
    record.gallery.items.slice(0, 2).map(async (item, index) => {
      for (const [at, name] of ['saliency', 'early', 'late'].entries())
        for (const [which, shift] of [
          ['clean', 0],
          ['adversarial', 9],
        ] as const)
          pictures.set(`${index}-${name}-${which}.png`, await map([64, 32, 8][at], 40 * index + shift));
      const pair = (name: string) => ({
        clean: `${index}-${name}-clean.png`,
        adversarial: `${index}-${name}-adversarial.png`,
      });
      return {
        ...item,
        sight: {
          saliency: pair('saliency'),
          layers: [
            { layer: `/stem/Relu_output_0${suffix}`, ...pair('early') },
            { layer: `/blocks.3/Add_output_0${suffix}`, ...pair('late') },
          ],
        },
      };
    }),
  );
  const full: RunRecord = {
    ...record,
    gates: [...gates(second, suffix), ...record.gates],
    gating: {
      context: 'pull-request',
      inconclusive: 'warns',
      off: [`calibration-ece ≤ 0.05${suffix}`],
      reportOnly: true,
      judgedOn: '2026-11-22',
    },
    acceptedRisks: gates(second, suffix).flatMap(({ accepted }) => accepted ?? []),
    baseline: {
      source: 'folder',
      name: `.proofhouse/baseline${suffix}`,
      proofhouse: '0.1.0',
      models: [{ name: `${second} 1.4`, sha256: 'b'.repeat(64) }],
    },
    changes: [
      change(second, 'clean', 4, 6, suffix),
      change(second, 'pgd:linf:8/255', 22, 8, suffix),
      {
        model: first,
        baselineModel: first,
        evaluation: 'pgd:linf:4/255',
        differs: [`the attack’s options: steps 20 before, 40 now${suffix}`],
      },
    ],
    history: history(second, record.dataset.sha256, suffix),
    card: {
      title: `Smile detector for door cameras${suffix}`,
      fields: [
        { name: 'use', label: 'Intended use', required: true, text: `Unlocking nothing: a greeting light.${suffix}` },
        { name: 'limits', label: 'Known limits', required: true, text: 'Faces smaller than 48 pixels.\nProfiles.' },
        { name: 'threat', label: 'Threat model', required: true, text: null },
        { name: 'contact', label: 'Contact', required: false, text: '' },
      ],
    },
    early: { examples: 480, planned: 2000 },
    findings: [
      ...record.findings.map((finding) =>
        finding.audit === 'subgroup-fnr'
          ? {
              ...finding,
              metrics: [
                ...finding.metrics,
                ...[first, second].flatMap((model) => [...gaps(model, suffix), ...crossed(model, suffix)]),
              ],
            }
          : finding,
      ),
      {
        audit: 'evaluation-health',
        title: 'Evaluation health',
        summary: `${first}: no health check fails.${suffix}`,
        metrics: [],
        details: [],
        checks: [first, second].flatMap((model) =>
          (['ok', 'ok', 'warn', 'fail', 'n/a'] as const).map((verdict, index) => ({
            id: ['AA-rand', 'I3', 'I4', 'C7', 'C18'][index] + suffix,
            model,
            title: 'Equal questions get equal answers',
            verdict,
            measured: '3 of 64, 4.7 %',
            threshold: 'none',
            remedy: 'More steps.',
          })),
        ),
      },
    ],
    gallery: { ...record.gallery, items: [...items, ...record.gallery.items.slice(2)] },
  };
  return { record: full, images: pictures };
}
