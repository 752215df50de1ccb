/** Checks by attacks made on another model: on one of the same family, or on a twin without what hides the gradient. */
import { type About, type Check, checklist, judgeShare, notApplicable } from './check.ts';
import { beyondWhiteBox } from './contradiction-checks.ts';
import { gradient, unavailable } from './model-checks.ts';
import type { View } from './view.ts';

const addSurrogate = 'name it under "surrogates" and make an attack on it with "surrogate: <its name>".';

function transfer(view: View): Check {
  const about: About = {
    id: 'C11',
    title: 'Attacks made on another model find nothing that white-box attacks miss',
    threshold: 'none; more warns',
    source: checklist,
    remedy:
      'The white-box attack is weak or its gradient masked: another loss, more steps, or the worst case over both.',
  };
  const shares = beyondWhiteBox(view, ({ transferred }) => transferred);
  return judgeShare(about, shares, { warn: 0, fail: 1 }, `no attack was made on a surrogate: ${addSurrogate}`);
}

/**
 * Where the gradient of the file is not its own, the backward pass is taken from a twin whose masking operation is replaced by the identity
 * (BPDA): an attack made on that twin and judged by the file.
 */
function twin(view: View): Check {
  const about: About = {
    id: 'C13',
    title: 'What hides the gradient was attacked through a twin without it',
    threshold: 'an attack made on a twin, which brings down no more than the white-box attacks; over 0.2 % more fails',
    source: `${checklist}; Athalye et al. 2018, arXiv:1802.00420`,
    remedy: `Export a twin without the masking operation, ${addSurrogate} Count the worst case over attacks.`,
  };
  if (unavailable(view).verdict !== 'fail' && gradient(view).verdict !== 'fail')
    return notApplicable(about, 'nothing was seen to hide the gradient');
  if (!view.attacks.some(({ transferred }) => transferred))
    return { ...about, verdict: 'warn', value: 'no attack was made on a twin', examples: [] };
  const shares = beyondWhiteBox(view, ({ transferred }) => transferred);
  return judgeShare(about, shares, { warn: 0, fail: 0.002 }, 'no white-box attack of that norm was run');
}

export const twinChecks = (view: View): Check[] => [transfer(view), twin(view)];
