/** Checks of what came out: the worst case by example, the share of each attack in it, and whether it can be stored as an image. */
import { percent } from '../shared/rate.ts';
import { type About, type Check, checklist, judgeShare, notApplicable, ours } from './check.ts';
import { type Attacked, type View, within } from './view.ts';

/** The attacks at the largest ε of each norm: where the worst case is taken. */
function largest({ attacks }: View): Attacked[][] {
  const norms = new Set(attacks.map(({ norm }) => norm));
  return [...norms].map((norm) => {
    const own = attacks.filter((attacked) => attacked.norm === norm);
    const epsilon = Math.max(...own.map((attacked) => attacked.epsilon));
    return own.filter((attacked) => attacked.epsilon === epsilon);
  });
}

const fallen = (attacks: readonly Attacked[]) => new Set(attacks.flatMap(({ fell }) => [...fell]));

function worstCase(view: View): Check {
  const about: About = {
    id: 'C16',
    title: 'The worst case is taken example by example',
    threshold: 'at most the accuracy under the best single attack',
    source: checklist,
    remedy: 'Report the mean of each example’s worst case, never the lowest mean.',
  };
  const several = largest(view).filter((group) => group.length > 1);
  if (several.length === 0) return notApplicable(about, 'one attack at the largest ε of each norm');
  const value = several.map((group) => {
    const total = view.correct.size;
    const correct = group[0].rows.size;
    const best = Math.max(...group.map(({ fell }) => fell.size));
    const together = fallen(within(view.attacks, group[0])).size;
    return `${group[0].norm} ${group[0].epsilonText}: worst case ${percent((correct - together) / total)}, best single attack ${percent((correct - best) / total)}`;
  });
  return { ...about, verdict: 'ok', value: value.join('; '), examples: [] };
}

function survival({ attacks }: View): Check {
  const about: About = {
    id: '8-bit',
    title: 'Adversarial images survive being stored',
    threshold: 'at least 95 % still succeed after rounding to 8 bits; under 50 % fails',
    source: ours,
    remedy:
      'What succeeds between two pixel values only is no image: count survivors, or attack on the grid of 8 bits.',
  };
  const shares = attacks.map(({ id, rows, fell }) => ({
    where: id,
    total: fell.size,
    examples: [...fell].filter((example) => rows.get(example)?.survives8bit === false),
  }));
  return judgeShare(about, shares, { warn: 0.05, fail: 0.5 }, 'nothing fell');
}

/** One line of who brought down what. */
export interface Attribution {
  id: string;
  fell: number;
  /** Fell to this attack and no other. */
  alone: number;
  /** Fell to any. */
  together: number;
}

/** Each attack's part in the worst case at the largest ε of each norm. */
export const attributions = (view: View): Attribution[] =>
  largest(view).flatMap((group) => {
    const together = fallen(group).size;
    return group.map((attacked) => {
      const others = fallen(group.filter((other) => other !== attacked));
      const alone = [...attacked.fell].filter((example) => !others.has(example)).length;
      return { id: attacked.id, fell: attacked.fell.size, alone, together };
    });
  });

function diversity(view: View): Check {
  const about: About = {
    id: 'attribution',
    title: 'The attacks add to each other',
    threshold: 'no attack alone brings down 95 % of what falls',
    source: ours,
    remedy: 'Add an attack of another kind: another loss, a score or a decision attack.',
  };
  const groups = largest(view).filter((group) => group.length > 1 && fallen(group).size > 0);
  if (groups.length === 0) return notApplicable(about, 'fewer than two attacks at the largest ε of a norm');
  const shares = groups.map((group) => {
    const best = group.reduce((most, attacked) => (attacked.fell.size > most.fell.size ? attacked : most));
    return { id: best.id, share: best.fell.size / fallen(group).size };
  });
  const { id, share } = shares.reduce((most, one) => (one.share > most.share ? one : most));
  return {
    ...about,
    verdict: share >= 0.95 ? 'warn' : 'ok',
    value: `${id} brings down ${percent(share)}`,
    examples: [],
  };
}

export const outcomeChecks = (view: View): Check[] => [worstCase(view), survival(view), diversity(view)];
