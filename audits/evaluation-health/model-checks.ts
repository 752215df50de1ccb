/** Checks of the model itself: whether what attacks assume of it holds. */
import type { ModelProbe } from 'proofhouse/plugin';
import { type About, autoAttack, type Check, indicators, judgeShare, notApplicable, ours } from './check.ts';
import { traced } from './rows.ts';
import { isWhiteBox, type View } from './view.ts';

const notAsked = 'the model was not asked';

/** Examples whose answer shows a sign, of those asked. */
const showing = (answers: ReadonlyMap<string, ModelProbe>, sign: (answer: ModelProbe) => boolean): string[] =>
  [...answers].filter(([, answer]) => sign(answer)).map(([example]) => example);

/** Normalised logits of equal questions that lie further apart are other answers. */
const repeatLimit = 1e-4;

const differs = ({ repeatDistance, repeatsAgree }: ModelProbe) => repeatDistance > repeatLimit || !repeatsAgree;

/** Whether the model draws random numbers, as far as its answers show. */
export const answersDiffer = (answers: ReadonlyMap<string, ModelProbe>) => [...answers.values()].some(differs);

function randomness({ answers }: View): Check {
  const about: About = {
    id: 'AA-rand',
    title: 'The model answers alike each time',
    threshold: `five passes differ by at most ${repeatLimit}, and in no label`,
    source: autoAttack,
    remedy: 'Average gradients over many passes (expectation over transformation), and judge by several passes.',
  };
  if (answers === undefined) return notApplicable(about, notAsked);
  const examples = showing(answers, differs);
  const largest = Math.max(0, ...[...answers.values()].map(({ repeatDistance }) => repeatDistance));
  return {
    ...about,
    verdict: examples.length > 0 ? 'fail' : 'ok',
    value: `largest distance ${largest.toPrecision(3)} on ${answers.size} examples`,
    examples,
  };
}

function probabilities({ answers }: View): Check {
  const about: About = {
    id: 'AA-softmax',
    title: 'Outputs are logits, not probabilities',
    threshold: 'not every output in [0, 1] with sum 1',
    source: autoAttack,
    remedy: 'Export the model without its softmax: the softmax of a softmax hides the gradient.',
  };
  if (answers === undefined) return notApplicable(about, notAsked);
  const examples = showing(answers, (answer) => answer.probabilities);
  const all = answers.size > 0 && examples.length === answers.size;
  return {
    ...about,
    verdict: all ? 'fail' : 'ok',
    value: `${examples.length} of ${answers.size} outputs are probabilities`,
    examples: all ? examples : [],
  };
}

/** DLR needs a third logit; of targeted losses, as many other classes as there are targets. */
function classCount({ classes, allRows }: View): Check {
  const about: About = {
    id: 'AA-classes',
    title: 'Enough classes for the losses used',
    threshold: 'DLR: 3 classes, targeted DLR: 4; targets: fewer than classes',
    source: autoAttack,
    remedy: 'Use cross-entropy or margin, and at most as many targets as there are other classes.',
  };
  const violations = allRows.flatMap(({ evaluation: { id, options = {}, goal } }) => {
    const least = options.loss === 'dlr' ? (goal === 'untargeted' ? 3 : 4) : 2;
    const targets = typeof options.targets === 'number' ? options.targets + 1 : 2;
    return classes < Math.max(least, targets) ? [id] : [];
  });
  return {
    ...about,
    verdict: violations.length > 0 ? 'fail' : 'ok',
    value: violations.length > 0 ? `${classes} classes: too few for ${violations.join(', ')}` : `${classes} classes`,
    examples: [],
  };
}

export function gradient({ answers }: View): Check {
  const limit = 1e-2;
  const about: About = {
    id: 'gradient-check',
    title: 'The gradient is the model’s own',
    threshold: `median relative error against central differences at random images ≤ ${limit}`,
    source: ours,
    remedy:
      'The derived gradient does not speak of this file, or the model is not differentiable: use attacks that need none.',
  };
  if (answers === undefined) return notApplicable(about, notAsked);
  const errors = [...answers.values()].flatMap(({ gradientError }) => gradientError ?? []).toSorted((a, b) => a - b);
  if (errors.length === 0) return notApplicable(about, 'no gradient can be derived');
  const median = (errors[(errors.length - 1) >> 1] + errors[errors.length >> 1]) / 2;
  return {
    ...about,
    verdict: median > limit ? 'fail' : 'ok',
    value: `median ${median.toPrecision(2)} over ${errors.length} random images and directions`,
    examples: median > limit ? showing(answers, (answer) => (answer.gradientError ?? 0) > limit) : [],
  };
}

function instability({ answers, correct }: View): Check {
  const limit = 0.1;
  const about: About = {
    id: 'I2',
    title: 'Predictions are stable under small noise',
    threshold: `mean change of the margin under noise of ±4/255 ≤ ${limit} of its mean`,
    source: indicators,
    remedy: 'Smooth the gradient: average it over noise at each step.',
  };
  if (answers === undefined) return notApplicable(about, notAsked);
  const own = [...answers].filter(([example]) => correct.get(example));
  if (own.length === 0) return notApplicable(about, 'no example is classified correctly');
  // A ratio of means: one example that is almost on the boundary says nothing of the model.
  const total = (of: (answer: ModelProbe) => number) => own.reduce((sum, [, answer]) => sum + of(answer), 0);
  const change = total(({ marginChange }) => marginChange) / total(({ margin }) => margin);
  const unstable = change > limit;
  return {
    ...about,
    verdict: unstable ? 'warn' : 'ok',
    value: `${change.toPrecision(2)} over ${own.length} examples`,
    examples: unstable ? own.filter(([, answer]) => answer.marginChange > limit * answer.margin).map(([id]) => id) : [],
  };
}

/** Nothing to follow, or nothing finite. */
export function unavailable({ answers, attacks }: View): Check {
  const about: About = {
    id: 'I1',
    title: 'Gradients are there, finite and not zero',
    threshold: 'available; none zero or not finite where an attack failed',
    source: indicators,
    remedy:
      'Attack the logits with a margin loss, replace the masking operation by a differentiable one (BPDA), or use score and decision attacks.',
  };
  const none = answers !== undefined && [...answers.values()].some(({ gradientError }) => gradientError === null);
  if (none) return { ...about, verdict: 'fail', value: 'no gradient can be derived', examples: [] };
  const shares = attacks
    .filter(isWhiteBox)
    .map((attacked) =>
      traced(
        attacked,
        ({ zeroGradients = 0, nonFiniteGradients = 0 }, { success }) =>
          (!success && zeroGradients > 0) || nonFiniteGradients > 0,
      ),
    );
  return judgeShare(about, shares, { warn: 0, fail: 0 }, 'no attack asked for gradients');
}

export const modelChecks = (view: View): Check[] => [
  randomness(view),
  probabilities(view),
  classCount(view),
  gradient(view),
  unavailable(view),
  instability(view),
];
