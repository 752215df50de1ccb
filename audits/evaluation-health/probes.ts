/** The extra evaluations that the checks compare with, on a seeded part of the examples; and what they are called. */
import type { Needs, Planned, PlannedAttack, ProbeRequest } from 'proofhouse/plugin';
import { type Attacked, oneStep } from './view.ts';

/** Radius at which L∞ reaches mid-grey from every image. */
export const unboundedEpsilon = '0.5';

/** Attacks that ask for no gradient, as far as the registry has them. A contradiction shows early: few queries do. */
const blackBoxes: Record<string, Record<string, unknown>> = { square: { queries: 250 }, 'uniform-noise': {} };

/** Options that make an attack longer, by the kind of probe that doubles them. */
const doubled = { 'more-steps': ['steps', 'iterations'], 'more-restarts': ['restarts'] } as const;
export type Doubled = keyof typeof doubled;

const aliasOf = (series: string) => series.slice(0, series.lastIndexOf(':'));

export const names = {
  doubled: (kind: Doubled, series: string) => `${kind}-${aliasOf(series)}`,
  unbounded: (series: string) => `unbounded-${aliasOf(series)}-${series.slice(series.lastIndexOf(':') + 1)}`,
};

/** The probe of a series, at each ε. */
export const probesNamed = (probes: readonly Attacked[], name: string, norm: string) =>
  probes.filter(({ series }) => series === `evaluation-health-${name}:${norm}`);

const isIterative = ({ untargeted, access, budget, attack }: PlannedAttack) =>
  untargeted && access === 'gradient' && budget === 'fixed-epsilon' && attack !== oneStep;

function longer(planned: PlannedAttack, kind: Doubled, examples: number): ProbeRequest[] {
  const option = doubled[kind].find((name) => typeof planned.options[name] === 'number');
  if (option === undefined) return [];
  const { attack, norm, epsilon, options } = planned;
  const name = names.doubled(kind, planned.id);
  return [
    { name, attack, norm, epsilon, options: { ...options, [option]: 2 * (options[option] as number) }, examples },
  ];
}

export function needs(examples: number, { attacks, available }: Planned): Needs {
  const iterative = attacks.filter(isIterative);
  const probes = iterative.flatMap((planned): ProbeRequest[] => [
    ...longer(planned, 'more-steps', examples),
    ...longer(planned, 'more-restarts', examples),
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
  for (const norm of new Set(iterative.map((planned) => planned.norm))) {
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
  }
  return { evaluations: [], probes, modelProbe: { examples } };
}

const valueOf = (text: string) => {
  const [numerator, denominator = 1] = text.split('/').map(Number);
  return numerator / denominator;
};
const largest = (texts: readonly string[]) =>
  texts.reduce((most, text) => (valueOf(text) > valueOf(most) ? text : most));
