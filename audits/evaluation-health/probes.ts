/** The extra evaluations that the checks compare with, on a seeded part of the examples; and what they are called. */
import type { Needs, Planned, PlannedAttack, ProbeRequest } from 'proofhouse/plugin';
import { type Attacked, oneStep } from './view.ts';

/** Radius at which L∞ reaches mid-grey from every image. */
export const unboundedEpsilon = '0.5';

/** Attacks that ask for no gradient, as far as the registry has them. A contradiction shows early: few queries do. */
const blackBoxes: Record<string, Record<string, unknown>> = { square: { queries: 250 }, 'uniform-noise': {} };

/** Passes over which a gradient is averaged; 1 for a model that draws no random numbers. */
export const samplesOption = 'gradient-samples';

/** Transforms and noise, which no gradient leads to. L2 because a radius of any norm is one of Gaussian noise: σ is ε/√values. */
const general: Record<string, Omit<ProbeRequest, 'name' | 'examples'>> = {
  transforms: {
    attack: 'rotation-translation',
    norm: 'rotation-translation',
    epsilon: ['1'],
    options: { search: 'random' },
  },
  'gaussian-noise': { attack: 'gaussian-noise', norm: 'l2', epsilon: ['1', '2', '4'], options: { tries: 1 } },
};
export const generalProbes = Object.keys(general);

/** Every other class in turn, for each example that stands: the margin, because DLR needs four classes. */
const targets = { attack: 'apgd', options: { loss: 'margin', targets: 9, restarts: 1, iterations: 20 } };
/** That the comparing attacks know. */
const compared = ['linf', 'l2', 'l1'];

/** Options that make an attack longer, by the kind of probe that doubles them. */
const doubled = {
  'more-steps': ['steps', 'iterations'],
  'more-restarts': ['restarts'],
  'more-samples': ['gradient-samples'],
} as const;
export type Doubled = keyof typeof doubled;

const aliasOf = (series: string) => series.slice(0, series.lastIndexOf(':'));

export const names = {
  doubled: (kind: Doubled, series: string) => `${kind}-${aliasOf(series)}`,
  targeted: 'targeted',
  unbounded: (series: string) => `unbounded-${aliasOf(series)}-${series.slice(series.lastIndexOf(':') + 1)}`,
};

/** Whether an evaluation is a probe of this audit. */
export const isProbe = ({ series, norm }: Attacked, name: string) => series === `evaluation-health-${name}:${norm}`;

/** The probe of a series, at each ε. */
export const probesNamed = (probes: readonly Attacked[], name: string, norm: string) =>
  probes.filter((probe) => probe.norm === norm && isProbe(probe, name));

const isIterative = ({ untargeted, access, budget, attack }: PlannedAttack) =>
  untargeted && access === 'gradient' && budget === 'fixed-epsilon' && attack !== oneStep;

function longer(planned: PlannedAttack, kind: Doubled, examples: number): ProbeRequest[] {
  const option = doubled[kind].find((name) => typeof planned.options[name] === 'number');
  if (option === undefined || (option === samplesOption && planned.options[option] === 1)) return [];
  const { attack, norm, epsilon, options } = planned;
  // Random starts differ by evaluation: the same number of them again makes twice as many with the run's own.
  const factor = kind === 'more-restarts' ? 1 : 2;
  const more = { ...options, [option]: factor * (options[option] as number) };
  return [{ name: names.doubled(kind, planned.id), attack, norm, epsilon, options: more, examples }];
}

export function needs(examples: number, { attacks, available }: Planned): Needs {
  const iterative = attacks.filter(isIterative);
  const probes = iterative.flatMap((planned): ProbeRequest[] => [
    ...longer(planned, 'more-steps', examples),
    ...longer(planned, 'more-restarts', examples),
    ...longer(planned, 'more-samples', examples),
    ...(planned.threats.includes('linf')
      ? [
          {
            name: names.unbounded(planned.id),
            attack: planned.attack,
            norm: 'linf',
            epsilon: [unboundedEpsilon],
            options: planned.options,
            examples,
          },
        ]
      : []),
  ]);
  // The others are compared with every white-box attack of the norm: one step at each ε, the rest at the largest.
  for (const norm of new Set(iterative.map((planned) => planned.norm).filter((one) => compared.includes(one)))) {
    const own = attacks.filter((planned) => planned.norm === norm);
    const asked = new Set(own.map(({ attack }) => attack));
    const epsilon = [
      ...new Set(iterative.filter((planned) => planned.norm === norm).flatMap((planned) => planned.epsilon)),
    ];
    const add = (attack: string, radii: readonly string[], options: Record<string, unknown>) => {
      if (available.includes(attack) && !asked.has(attack))
        probes.push({ name: attack, attack, norm, epsilon: radii, options, examples });
    };
    add(oneStep, epsilon, {});
    for (const [attack, options] of Object.entries(blackBoxes)) add(attack, [largest(epsilon)], options);
    probes.push({ name: names.targeted, ...targets, norm, epsilon: [largest(epsilon)], examples });
  }
  if (attacks.length > 0)
    for (const [name, request] of Object.entries(general)) probes.push({ name, ...request, examples });
  return { evaluations: [], probes, modelProbe: { examples } };
}

const valueOf = (text: string) => {
  const [numerator, denominator = 1] = text.split('/').map(Number);
  return numerator / denominator;
};
const largest = (texts: readonly string[]) =>
  texts.reduce((most, text) => (valueOf(text) > valueOf(most) ? text : most));
