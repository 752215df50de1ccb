/** `attacks:` of a config, joined with the evaluations that audits need: one series of ascending ε for each. */
import { isDeepStrictEqual } from 'node:util';
import type { AttackDefinition } from '../plugin/attack.ts';
import type { EvaluationRequest, Planned, PlannedAttack, ProbeRequest } from '../plugin/audit.ts';
import type { ThreatName } from '../plugin/threat.ts';
import type { Plugins } from '../plugins.ts';
import { defaultEpsilons, type Epsilon, parseEpsilon } from './epsilon.ts';
import type { SeriesPlan } from './plan.ts';
import { check, type Problem, show } from './problems.ts';
import type { RawAttack, RawConfig } from './schema.ts';
import { didYouMean, suggest } from './suggest.ts';

export const defaultAttacks = ['pgd'] as const;

function resolveNorm(
  attack: AttackDefinition,
  written: string | undefined,
  at: PropertyKey[],
  problems: Problem[],
): ThreatName {
  const known: readonly ThreatName[] = [...attack.threats, ...(attack.families ?? [])];
  const norm = known.find((threat) => threat === (written ?? known[0]));
  if (norm !== undefined) return norm;
  const threats = known.join(', ');
  problems.push({
    path: [...at, 'norm'],
    message: `${show(written)} is no threat of ${attack.name}, which knows ${threats}.${didYouMean(String(written).replace(/[^a-z0-9]/gi, ''), known)}`,
  });
  return known[0];
}

function resolveEpsilons(
  written: RawAttack['epsilon'],
  norm: ThreatName,
  at: PropertyKey[],
  problems: Problem[],
): SeriesPlan['epsilons'] {
  const list = Array.isArray(written);
  const epsilons: Epsilon[] = [];
  for (const [index, one] of [written ?? defaultEpsilons[norm]].flat().entries()) {
    const path = [...at, 'epsilon', ...(list ? [index] : [])];
    const epsilon = parseEpsilon(one, norm);
    if (typeof epsilon === 'string') {
      problems.push({ path, message: epsilon });
      continue;
    }
    const same = epsilons.find(({ value }) => value === epsilon.value);
    if (same) problems.push({ path, message: `${epsilon.text} repeats ${same.text}.` });
    else epsilons.push(epsilon);
  }
  return epsilons.toSorted((a, b) => a.value - b.value);
}

function resolveTarget(
  written: RawAttack['target'],
  classes: readonly string[] | undefined,
  at: PropertyKey[],
  problems: Problem[],
): SeriesPlan['target'] {
  if (typeof written !== 'object') return written ?? 'untargeted';
  const path = [...at, 'target', 'class'];
  if (classes === undefined) {
    if (typeof written.class === 'number') return { class: written.class };
    problems.push({
      path,
      message: 'a class is named only where data.classes lists them; write its index, or list them.',
    });
    return 'untargeted';
  }
  const index = typeof written.class === 'number' ? written.class : classes.indexOf(written.class);
  if (index < 0 || index >= classes.length)
    problems.push({
      path,
      message:
        typeof written.class === 'number'
          ? `expected an index from 0 to ${classes.length - 1}; got ${written.class}.`
          : `${show(written.class)} is not among data.classes.${suggest(written.class, classes)}`,
    });
  return { class: index };
}

/** Names that `surrogate:` may take. */
export interface ModelNames {
  models: readonly string[];
  surrogates: readonly string[];
}

function checkSurrogate(written: string, { models, surrogates }: ModelNames, at: PropertyKey[], problems: Problem[]) {
  const path = [...at, 'surrogate'];
  const known = [...models, ...surrogates];
  if (!known.includes(written))
    problems.push({ path, message: `there is no model ${show(written)}.${suggest(written, known)}` });
  else if (models.length === 1 && models[0] === written)
    problems.push({ path, message: `${written} is the only model audited, so that no other would judge the attack.` });
}

/** An attack's name in ids where the config gives none. */
export const defaultName = ({ attack, surrogate }: Pick<RawAttack, 'attack' | 'surrogate'>): string =>
  surrogate === undefined ? attack : `${attack}-from-${surrogate}`;

async function resolveAttack(
  raw: RawAttack,
  at: PropertyKey[],
  plugins: Plugins,
  classes: readonly string[] | undefined,
  problems: Problem[],
): Promise<SeriesPlan | undefined> {
  const known = plugins.names('attacks');
  if (!known.includes(raw.attack)) {
    problems.push({
      path: [...at, 'attack'],
      message: `there is no attack ${show(raw.attack)}.${suggest(raw.attack, known)}`,
    });
    return undefined;
  }
  const attack = await plugins.attack(raw.attack);
  const norm = resolveNorm(attack, raw.norm, at, problems);
  if (attack.fit !== undefined && (raw.target === 'random' || raw.target === 'least-likely' || raw.target === 'all'))
    problems.push({
      path: [...at, 'target'],
      message: `${show(raw.target)} is no one class for every image, and ${attack.name} makes one change for all. Name it: target: { class: 0 }.`,
    });
  const options = check(attack.options, raw.options ?? {}, [...at, 'options']);
  if ('problems' in options) problems.push(...options.problems);
  return {
    id: `${raw.name ?? defaultName(raw)}:${norm}`,
    attack: attack.name,
    ...(raw.surrogate !== undefined && { surrogate: raw.surrogate }),
    norm,
    epsilons: resolveEpsilons(raw.epsilon, norm, at, problems),
    target: resolveTarget(raw.target, classes, at, problems),
    options: 'value' in options ? options.value : undefined,
    ...(attack.fit !== undefined && { learns: true }),
  };
}

/** What the user asked for, in the config's order. */
export async function resolveAttacks(
  raw: RawConfig['attacks'],
  plugins: Plugins,
  classes: readonly string[] | undefined,
  names: ModelNames,
  problems: Problem[],
): Promise<SeriesPlan[]> {
  const series: SeriesPlan[] = [];
  for (const [index, written] of (raw ?? defaultAttacks).entries()) {
    const attack = typeof written === 'string' ? { attack: written } : written;
    const one = await resolveAttack(attack, ['attacks', index], plugins, classes, problems);
    if (attack.surrogate !== undefined) checkSurrogate(attack.surrogate, names, ['attacks', index], problems);
    if (!one) continue;
    if (series.some(({ id }) => id === one.id))
      problems.push({
        path: ['attacks', index],
        message: `two attacks would both be called ${one.id}. Join their ε in one list, or give one of them a name.`,
      });
    else series.push(one);
  }
  return series;
}

/** Adds the evaluations that an audit needs to the plan: to the series that already makes them, or as a new one. */
export async function addNeeds(
  series: SeriesPlan[],
  needs: readonly EvaluationRequest[],
  audit: { name: string; at: PropertyKey[] },
  plugins: Plugins,
  problems: Problem[],
): Promise<void> {
  for (const { attack, norm, epsilon, options } of needs) {
    const request: RawAttack = { attack, norm, epsilon: [...epsilon], ...(options ? { options } : {}) };
    const wanted = await resolveAttack(request, audit.at, plugins, undefined, problems);
    if (!wanted) continue;
    const same = series.find(
      (one) =>
        one.subsample === undefined &&
        one.attack === wanted.attack &&
        one.surrogate === undefined &&
        one.norm === wanted.norm &&
        one.target === wanted.target &&
        isDeepStrictEqual(one.options, wanted.options),
    );
    if (same) {
      const missing = wanted.epsilons.filter(({ value }) => same.epsilons.every((one) => one.value !== value));
      same.epsilons = [...same.epsilons, ...missing].toSorted((a, b) => a.value - b.value);
    } else {
      const taken = series.some(({ id }) => id === wanted.id);
      series.push(taken ? { ...wanted, id: `${audit.name}-${wanted.id}` } : wanted);
    }
  }
}

/** Adds what an audit wants to see on a part of the examples: always series of their own. */
export async function addProbes(
  series: SeriesPlan[],
  probes: readonly ProbeRequest[],
  audit: { name: string; at: PropertyKey[] },
  plugins: Plugins,
  problems: Problem[],
): Promise<void> {
  for (const { name, attack, norm, epsilon, options, examples } of probes) {
    const request: RawAttack = {
      name: `${audit.name}-${name}`,
      attack,
      norm,
      epsilon: [...epsilon],
      ...(options ? { options } : {}),
    };
    const wanted = await resolveAttack(request, audit.at, plugins, undefined, problems);
    if (wanted && series.every(({ id }) => id !== wanted.id)) series.push({ ...wanted, subsample: examples });
  }
}

/** What audits are told of the run before they say what they need. */
export async function describePlanned(series: readonly SeriesPlan[], plugins: Plugins): Promise<Planned> {
  const attacks = series.map(async (one): Promise<PlannedAttack> => {
    const { access, budget = 'fixed-epsilon', threats } = await plugins.attack(one.attack);
    return {
      id: one.id,
      attack: one.attack,
      norm: one.norm,
      epsilon: one.epsilons.map(({ text }) => text),
      untargeted: one.target === 'untargeted',
      options: one.options as Record<string, unknown>,
      // An attack made on a surrogate, or on other images, needs nothing of the model at the images it is judged on.
      access: one.surrogate === undefined && !one.learns ? access : 'none',
      budget,
      threats,
    };
  });
  return { attacks: await Promise.all(attacks), available: plugins.names('attacks') };
}
