/** Checks of the attacks: whether they failed where a better one would not. */
import {
  type About,
  autoAttack,
  type Check,
  checklist,
  indicators,
  judgeShare,
  notApplicable,
  type Share,
} from './check.ts';
import { answersDiffer } from './model-checks.ts';
import { type Doubled, names, probesNamed, samplesOption, unboundedEpsilon } from './probes.ts';
import { attempts, shareOf, traced } from './rows.ts';
import { type Attacked, isIterative, isWhiteBox, type View } from './view.ts';

const noWhiteBox = 'no attack asked for gradients';

function vanishing({ attacks }: View): Check {
  const about: About = {
    id: 'AA-zero-grad',
    title: 'No gradient vanishes on the way',
    threshold: 'no example meets a gradient that is zero everywhere',
    source: autoAttack,
    remedy:
      'Follow another loss (margin or DLR), replace what flattens it (BPDA), or add score attacks such as Square.',
  };
  const shares = attacks
    .filter(isWhiteBox)
    .map((attacked) => traced(attacked, ({ zeroGradients }) => (zeroGradients ?? 0) > 0));
  return judgeShare(about, shares, { warn: 0, fail: 0.01 }, noWhiteBox);
}

function silentSuccess({ attacks }: View): Check {
  const about: About = {
    id: 'I3',
    title: 'No success is passed over',
    threshold: 'no attack meets an adversarial point and returns another',
    source: indicators,
    remedy: 'Let the attack return the best point it met, not the last.',
  };
  const shares = attacks.map((attacked) => traced(attacked, ({ passedOver }) => passedOver === true));
  return judgeShare(about, shares, { warn: 0, fail: 0 }, 'no attack was run');
}

function incomplete({ attacks }: View): Check {
  const about: About = {
    id: 'I4',
    title: 'The loss has settled',
    threshold: 'at most 10 % of standing examples gain over 5 % of the loss’s range in the last 10 steps',
    source: indicators,
    remedy: 'More steps, or longer ones.',
  };
  const shares = attacks.filter(isIterative).map((attacked) =>
    shareOf(
      attacked.id,
      attempts(attacked).filter(({ success }) => !success),
      ({ trace }) => (trace?.lateProgress ?? 0) > 0.05,
    ),
  );
  // Never a failure by itself: a loss may rise where nothing more falls, and C2 sees whether more does.
  return judgeShare(about, shares, { warn: 0.1, fail: 1 }, 'no example stood after an iterative attack');
}

function transferFailure({ attacks }: View): Check {
  const about: About = {
    id: 'I5',
    title: 'The attacked model is the shipped one',
    threshold: 'no point turns the attacked graph but not the shipped file; over 1 % fails',
    source: indicators,
    remedy: 'The graph that is differentiated and the file disagree: attack with margin to spare, or report the file.',
  };
  const shares = attacks
    .filter(({ transferred }) => !transferred)
    .map((attacked) => traced(attacked, ({ disagreed }) => disagreed === true));
  return judgeShare(about, shares, { warn: 0, fail: 0.01 }, 'no attack was run');
}

function unbounded(view: View): Check[] {
  const standing: About = {
    id: 'I6',
    title: 'Without a bound, every attack succeeds',
    threshold: `no example stands at L∞ ${unboundedEpsilon}`,
    source: indicators,
    remedy: 'The loss or the gradient is broken, since success is trivial there: see AA-zero-grad, AA-softmax and I1.',
  };
  const chance: About = {
    id: 'C5',
    title: 'Without a bound, accuracy falls to chance',
    threshold: `accuracy ≤ 1/${view.classes} at L∞ ${unboundedEpsilon}`,
    source: checklist,
    remedy: standing.remedy,
  };
  const series = new Set(view.attacks.map((attacked) => attacked.series));
  const probes = [...series].flatMap((one) => probesNamed(view.probes, names.unbounded(one), 'linf'));
  const shares = probes.map(({ id, rows }) =>
    shareOf(id, [...rows.values()], ({ success, trace }) => !success && trace?.passedOver !== true),
  );
  const absent = 'no iterative attack of L∞ was run';
  return [
    judgeShare(standing, shares, { warn: 0, fail: 0 }, absent),
    judgeShare(
      chance,
      // Of all examples that took part, those wrong to begin with included.
      probes.map(({ id, asked, rows, fell }) => ({
        where: id,
        examples: [...rows.keys()].filter((example) => !fell.has(example)),
        total: asked,
      })),
      { warn: 1 / view.classes, fail: 1 / view.classes },
      absent,
    ),
  ];
}

/** Whether the attack made longer brings down more of the same examples. */
function converged(view: View, kind: Doubled, about: About): Check {
  const shares = view.attacks.flatMap((attacked) =>
    probesNamed(view.probes, names.doubled(kind, attacked.series), attacked.norm)
      .filter(({ epsilon }) => epsilon === attacked.epsilon)
      .map(
        ({ rows, fell }): Share => ({
          where: attacked.id,
          total: rows.size,
          examples: [...fell].filter((example) => !attacked.fell.has(example)),
        }),
      ),
  );
  return judgeShare(about, shares, { warn: 0.01, fail: 0.05 }, 'no attack of the run has such an option');
}

const longer = (view: View): Check[] => [
  converged(view, 'more-steps', {
    id: 'C2',
    title: 'Twice the steps find no more',
    threshold: 'gain ≤ 1 %; over 5 % fails',
    source: checklist,
    remedy: 'Raise the number of steps until the result stays.',
  }),
  converged(view, 'more-restarts', {
    id: 'C3',
    title: 'Twice the restarts find no more',
    threshold: 'gain ≤ 1 %; over 5 % fails',
    source: checklist,
    remedy: 'Raise the number of restarts until the result stays.',
  }),
];

/** Whether an attack asks several times at each point and follows the mean. */
const averages = ({ options }: Attacked) => Number(options[samplesOption] ?? 1) > 1 || options.version === 'rand';

function averaged(view: View): Check {
  const about: About = {
    id: 'C12',
    title: 'Gradients of a random model are averaged, over enough passes',
    threshold: 'twice the passes gain ≤ 1 %; over 5 % fails',
    source: checklist,
    remedy: 'apgd with gradient-samples: 20 (or autoattack, version: rand), and more until the result stays.',
  };
  if (view.answers === undefined) return notApplicable(about, 'the model was not asked');
  if (!answersDiffer(view.answers)) return notApplicable(about, 'the model answers alike each time');
  return view.attacks.some(averages)
    ? converged(view, 'more-samples', about)
    : { ...about, verdict: 'fail', value: 'no attack averages its gradients', examples: [] };
}

export const attackChecks = (view: View): Check[] => [
  vanishing(view),
  silentSuccess(view),
  incomplete(view),
  transferFailure(view),
  ...unbounded(view),
  ...longer(view),
  averaged(view),
];
