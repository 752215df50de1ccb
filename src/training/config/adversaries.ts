/** Objective and selection of a training config: the attack that training defends against, and the one that its success is measured by. */
import { parseEpsilon } from '../../config/epsilon.ts';
import { check, type Problem, show } from '../../config/problems.ts';
import { didYouMean, suggest } from '../../config/suggest.ts';
import type { InnerAttack } from '../../plugin/objective.ts';
import type { Norm } from '../../plugin/threat.ts';
import type { Plugins } from '../../plugins.ts';
import type { TrainingPlan } from '../plan.ts';
import type { RawTraining } from './schema.ts';

/** Where a config names no radius and its objective has none. */
const USUAL = { norm: 'linf', epsilon: 8 / 255 } as const;

/** @returns the objective with its parsed options, and its own attack; undefined where it has problems */
export async function resolveObjective(
  raw: RawTraining['objective'],
  plugins: Plugins,
  problems: Problem[],
): Promise<{ objective: TrainingPlan['objective']; inner: InnerAttack | undefined } | undefined> {
  const { name, options } = typeof raw === 'object' ? raw : { name: raw ?? 'pgd-at', options: undefined };
  const known = plugins.names('objectives');
  if (!known.includes(name)) {
    problems.push({
      path: typeof raw === 'object' ? ['objective', 'name'] : ['objective'],
      message: `there is no objective ${show(name)}.${suggest(name, known)}`,
    });
    return undefined;
  }
  const definition = await plugins.objective(name);
  const parsed = check(definition.options, options ?? {}, ['objective', 'options']);
  if ('problems' in parsed) {
    problems.push(...parsed.problems);
    return undefined;
  }
  const inner = definition.attack?.(parsed.value);
  if (inner !== undefined) {
    const found = await checkAttack(
      inner.attack,
      inner.options,
      plugins,
      { at: ['objective'], nameAt: ['objective'] },
      problems,
    );
    if (found === undefined) return undefined;
  }
  return { objective: { name, options: parsed.value }, inner };
}

/** @param inner the objective's own attack, whose norm and radius are the ones to measure by unless others are named */
export async function resolveSelection(
  raw: RawTraining['selection'] = {},
  inner: InnerAttack | undefined,
  plugins: Plugins,
  problems: Problem[],
): Promise<TrainingPlan['selection']> {
  const { norm: usualNorm, epsilon: usualEpsilon } = inner ?? USUAL;
  const patience = raw.patience === undefined ? {} : { patience: raw.patience };
  if (raw.attack === undefined)
    return {
      attack: { attack: 'pgd', norm: usualNorm, epsilon: usualEpsilon, options: { steps: 10, 'relative-step': 0.25 } },
      ...patience,
    };
  const at = ['selection', 'attack'];
  const written = typeof raw.attack === 'string' ? { attack: raw.attack } : raw.attack;
  const nameAt = typeof raw.attack === 'string' ? at : [...at, 'attack'];
  const attack = await checkAttack(
    written.attack,
    written.options ?? {},
    plugins,
    { at: [...at, 'options'], nameAt },
    problems,
  );
  const norm = normOf(
    written.norm ?? usualNorm,
    attack?.threats ?? [usualNorm],
    written.attack,
    [...at, 'norm'],
    problems,
  );
  let epsilon = usualEpsilon;
  if (written.epsilon !== undefined) {
    const parsed = parseEpsilon(written.epsilon, norm);
    if (typeof parsed === 'string') problems.push({ path: [...at, 'epsilon'], message: parsed });
    else epsilon = parsed.value;
  }
  return { attack: { attack: written.attack, norm, epsilon, options: written.options ?? {} }, ...patience };
}

function normOf(
  written: string,
  threats: readonly Norm[],
  attack: string,
  at: PropertyKey[],
  problems: Problem[],
): Norm {
  const norm = threats.find((threat) => threat === written);
  if (norm !== undefined) return norm;
  problems.push({
    path: at,
    message: `${show(written)} is no norm of ${attack}, which knows ${threats.join(', ')}.${didYouMean(written, threats)}`,
  });
  return threats[0];
}

/** An attack that one image after another can be given to: known, with options that its schema accepts, and with nothing to learn first. */
async function checkAttack(
  name: string,
  options: unknown,
  plugins: Plugins,
  { at, nameAt }: { at: PropertyKey[]; nameAt: PropertyKey[] },
  problems: Problem[],
): Promise<{ threats: readonly Norm[] } | undefined> {
  const known = plugins.names('attacks');
  if (!known.includes(name)) {
    problems.push({ path: nameAt, message: `there is no attack ${show(name)}.${suggest(name, known)}` });
    return undefined;
  }
  const attack = await plugins.attack(name);
  if (attack.fit !== undefined || attack.threats.length === 0) {
    problems.push({
      path: nameAt,
      message: `${name} ${attack.fit === undefined ? 'searches no ball around an image' : 'learns from a data set first'}, so that training cannot use it. Use pgd or apgd.`,
    });
    return undefined;
  }
  const parsed = check(attack.options, options, at);
  if ('value' in parsed) return attack;
  problems.push(...parsed.problems);
  return undefined;
}
