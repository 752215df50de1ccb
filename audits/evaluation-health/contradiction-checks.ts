/**
 * Contradictions: one attack may not do, example by example, what a stronger one cannot. The strongest signs there are without
 * knowing the truth.
 */
import { type About, autoAttack, type Check, checklist, judgeShare, type Share } from './check.ts';
import { isProbe, names } from './probes.ts';
import { type Attacked, isIterative, isWhiteBox, oneStep, type View } from './view.ts';

/** By series and ε where both were run, over all examples rather than a part. */
const everything = ({ attacks, probes }: View) => [...attacks, ...probes];

/** Examples that `one` brought down and none of `others` did, of those that all of them met. */
function beyond(one: Attacked, others: readonly Attacked[]): Share {
  const met = [...one.rows.keys()].filter((example) => others.some(({ rows }) => rows.has(example)));
  return {
    where: one.id,
    total: met.length,
    examples: met.filter((example) => one.fell.has(example) && others.every(({ fell }) => !fell.has(example))),
  };
}

function iterativeBeatsOneStep(view: View): Check {
  const about: About = {
    id: 'C1',
    title: 'Iterative attacks beat one step, example by example',
    threshold: 'at most 1 % fall to one step and stand after an iterative attack',
    source: checklist,
    remedy: 'The iterative attack is mistuned or its gradient masked: another step length, loss or start.',
  };
  const single = everything(view).filter(({ attack }) => attack === oneStep);
  const shares = view.attacks
    .filter(isIterative)
    .flatMap((iterative) =>
      single
        .filter(({ norm, epsilon }) => norm === iterative.norm && epsilon === iterative.epsilon)
        .map((one) => ({ ...beyond(one, [iterative]), where: iterative.id })),
    );
  return judgeShare(about, shares, { warn: 0.01, fail: 0.01 }, 'no iterative and one-step attack at the same ε');
}

function monotone({ attacks }: View): Check {
  const about: About = {
    id: 'C4',
    title: 'A larger ε never helps the model',
    threshold: 'no example that fell at an ε stands at a larger one of the same attack',
    source: checklist,
    remedy: 'The attack is broken: what lies in a ball lies in every larger one.',
  };
  const shares = attacks.flatMap((small) =>
    attacks
      .filter(({ series, epsilon }) => series === small.series && epsilon > small.epsilon)
      .map((large) => ({ ...beyond(small, [large]), where: large.id })),
  );
  return judgeShare(about, shares, { warn: 0, fail: 0 }, 'no attack was run at several ε');
}

/**
 * White-box attacks whose failure contradicts a success at this ε: those of the least ε that is no smaller, and of smaller ones, for what
 * fell in a smaller ball has fallen.
 */
function strongerThan({ norm, epsilon }: Attacked, attacks: readonly Attacked[]): Attacked[] {
  const whiteBox = attacks.filter((attacked) => isWhiteBox(attacked) && attacked.norm === norm);
  const least = Math.min(...whiteBox.map((attacked) => attacked.epsilon).filter((one) => one >= epsilon));
  return Number.isFinite(least) ? whiteBox.filter((attacked) => attacked.epsilon <= least) : [];
}

/** What attacks of a kind brought down where every white-box attack failed. */
export const beyondWhiteBox = (view: View, kind: (attacked: Attacked) => boolean): Share[] =>
  [...everything(view), ...view.targeted].filter(kind).flatMap((attacked) => {
    const whiteBox = strongerThan(attacked, view.attacks);
    return whiteBox.length === 0 ? [] : [beyond(attacked, whiteBox)];
  });

function beatsWhiteBox(view: View, kind: (attacked: Attacked) => boolean, about: About): Check {
  return judgeShare(
    about,
    beyondWhiteBox(view, (attacked) => !isWhiteBox(attacked) && kind(attacked)),
    { warn: 0, fail: 0.002 },
    'no such attack was run in the norm of a white-box attack',
  );
}

const isNoise = ({ attack }: Attacked) => attack === 'uniform-noise' || attack === 'gaussian-noise';
const asksModel = (attacked: Attacked) =>
  (attacked.access === 'score' || attacked.access === 'decision') && !isNoise(attacked);

function targeted(view: View): Check {
  const about: About = {
    id: 'C10',
    title: 'Untargeted attacks find what targeted ones find',
    threshold: 'at most 1 % fall to a targeted attack alone; over 10 % fails',
    source: checklist,
    remedy: 'Add targets: apgd with targets: 9, or autoattack. The worst case counts what any attack finds.',
  };
  const shares = beyondWhiteBox(
    view,
    (attacked) => isWhiteBox(attacked) && (attacked.goal !== 'untargeted' || isProbe(attacked, names.targeted)),
  );
  return judgeShare(about, shares, { warn: 0.01, fail: 0.1 }, 'no targeted attack and white-box attack of one norm');
}

const masked =
  'Gradients are masked: an attacker without them does better. Count the worst case over attacks, and adapt the white-box attack.';

export const contradictionChecks = (view: View): Check[] => [
  iterativeBeatsOneStep(view),
  monotone(view),
  beatsWhiteBox(view, ({ attack }) => attack === 'square', {
    id: 'AA-square',
    title: 'Square finds nothing that white-box attacks miss',
    threshold: 'at most 0.2 % more',
    source: autoAttack,
    remedy: masked,
  }),
  beatsWhiteBox(view, () => true, {
    id: 'C7',
    title: 'White-box attacks are at least as strong as all others, example by example',
    threshold: 'none; over 0.2 % fails',
    source: checklist,
    remedy: masked,
  }),
  beatsWhiteBox(view, isNoise, {
    id: 'C8',
    title: 'Noise finds nothing that white-box attacks miss',
    threshold: 'none; over 0.2 % fails',
    source: checklist,
    remedy: masked,
  }),
  beatsWhiteBox(view, asksModel, {
    id: 'C9',
    title: 'Score and decision attacks find nothing that white-box attacks miss',
    threshold: 'none; over 0.2 % fails',
    source: checklist,
    remedy: masked,
  }),
  targeted(view),
];
