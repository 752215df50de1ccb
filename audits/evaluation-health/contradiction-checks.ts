/**
 * Contradictions: one attack may not do, example by example, what a stronger one cannot. The strongest signs there are without
 * knowing the truth.
 */
import { type About, autoAttack, type Check, checklist, judgeShare, type Share } from './check.ts';
import { type Attacked, isIterative, isWhiteBox, oneStep, type View, within } from './view.ts';

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

/** Examples that attacks of a kind brought down where every white-box attack failed. */
function beatsWhiteBox(view: View, kind: (attacked: Attacked) => boolean, about: About): Check {
  const shares = everything(view)
    .filter((attacked) => !isWhiteBox(attacked) && kind(attacked))
    .flatMap((attacked) => {
      const whiteBox = within(view.attacks, attacked).filter(isWhiteBox);
      return whiteBox.length === 0 ? [] : [beyond(attacked, whiteBox)];
    });
  return judgeShare(
    about,
    shares,
    { warn: 0, fail: 0.002 },
    'no such attack was run in the norm of a white-box attack',
  );
}

const isNoise = ({ access, transferred }: Attacked) => access === 'none' && !transferred;
const asksModel = ({ access }: Attacked) => access === 'score' || access === 'decision';

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
];
