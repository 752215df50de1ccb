/**
 * floor and ceiling: a limit on one metric. By bound, a floor passes if the lower limit of the confidence interval reaches it, fails if even
 * the upper limit does not, and is inconclusive between; a ceiling likewise.
 */
import type { Metric } from '../../plugin/finding.ts';
import { asWideAtTheEnd, defectOf, type Evidence, evidenceOf, examplesToSettle } from '../evidence.ts';
import { absence, allMetrics, type Given, type Judgement, type Told, without } from '../judgement.ts';
import type { LimitRule } from '../rule.ts';
import { percent, show } from '../show.ts';

const holds = (value: number, { kind, threshold }: LimitRule) =>
  kind === 'floor' ? value >= threshold : value <= threshold;

function judgePoint({ unit }: Metric, value: number, rule: LimitRule): Told {
  const { kind, threshold } = rule;
  const held = holds(value, rule);
  const side = value === threshold ? 'at' : value > threshold ? 'above' : 'below';
  return {
    verdict: held ? 'pass' : 'fail',
    measured: value,
    method: 'point estimate',
    why: `The estimate, ${show(value, unit)}, is ${side} the ${kind} of ${show(threshold, unit)}; its uncertainty was not asked for.`,
    ...(!held && { fix: mend(rule) }),
  };
}

const mend = ({ kind, metric }: LimitRule) =>
  `Ship a model whose ${metric} is ${kind === 'floor' ? 'higher' : 'lower'}, or accept the risk: proofhouse accept.`;

/** What would settle an inconclusive gate. */
function remedy({ unit, count, total }: Metric, value: number, evidence: Evidence, { threshold }: LimitRule): string {
  if (value === threshold) return 'The estimate is at the limit, where no number of examples settles it.';
  const after = `if the estimate stays at ${show(value, unit)}.`;
  if (unit === 'proportion' && count !== undefined && total !== undefined) {
    const confidence = evidence.after === undefined ? evidence.confidence : asWideAtTheEnd(evidence.confidence);
    const more = examplesToSettle({ count, total }, threshold, confidence);
    return more === undefined
      ? 'The estimate is so near the limit that no practical number of examples settles it.'
      : `About ${more} more examples would settle it, ${after}`;
  }
  // Intervals narrow with the square root of the number of examples.
  const reach = value > threshold ? value - evidence.low : evidence.high - value;
  return `About ${Math.ceil((reach / (value - threshold)) ** 2)} times as many examples would settle it, ${after}`;
}

function judgeBound(metric: Metric, value: number, evidence: Evidence, rule: LimitRule): Told {
  const { kind, threshold } = rule;
  const { low, high, confidence, method, after } = evidence;
  const [cautious, generous] = kind === 'floor' ? [low, high] : [high, low];
  const [cautiousName, generousName] = kind === 'floor' ? ['lower', 'upper'] : ['upper', 'lower'];
  const sure = percent(confidence);
  const interval =
    after === undefined ? 'interval' : `confidence sequence after ${after.total} of ${after.planned} examples`;
  const limit = `the ${kind} of ${show(threshold, metric.unit)}`;
  const judged = { measured: value, low, high, ...(after && { planned: after.planned }), method: `${method}, ${sure}` };
  if (holds(cautious, rule)) {
    const side = kind === 'floor' ? 'not below' : 'not above';
    return {
      ...judged,
      verdict: 'pass',
      why: `The ${cautiousName} limit of the ${sure} ${interval}, ${show(cautious, metric.unit)}, is ${side} ${limit}.`,
    };
  }
  if (!holds(generous, rule)) {
    const side = kind === 'floor' ? 'below' : 'above';
    return {
      ...judged,
      verdict: 'fail',
      why: `Even the ${generousName} limit of the ${sure} ${interval}, ${show(generous, metric.unit)}, is ${side} ${limit}.`,
      fix: mend(rule),
    };
  }
  return {
    ...judged,
    verdict: 'inconclusive',
    why: `The ${sure} ${interval}, ${show(low, metric.unit)} to ${show(high, metric.unit)}, leaves both sides of ${limit} open.`,
    fix: remedy(metric, value, evidence, rule),
  };
}

function judgeMetric(metric: Metric, rule: LimitRule, planned: number | undefined): Told {
  const defect = defectOf(metric);
  if (defect !== undefined) return without('error', `${defect}.`, 'Mend the audit that measures it.');
  if (metric.value === null || metric.total === 0)
    return without(
      'inconclusive',
      'It is undefined: there is no example to measure it on.',
      'Add examples of this kind.',
    );
  if (rule.by === 'point') return judgePoint(metric, metric.value, rule);
  if (planned !== undefined && (metric.total ?? 0) > planned)
    return without(
      'error',
      `It is over ${metric.total} examples, of which its audit announced ${planned}.`,
      'Mend the audit that measures it.',
    );
  const evidence = evidenceOf(metric, planned);
  return evidence === undefined
    ? without('error', 'The metric has no confidence interval to judge by its bound.', 'Set "by: point" for this gate.')
    : judgeBound(metric, metric.value, evidence, rule);
}

export function judgeLimit(rule: LimitRule, model: string, given: Given): Judgement {
  const { kind, threshold, by } = rule;
  const metrics = allMetrics(given);
  const found = metrics.filter((metric) => metric.id === rule.metric && metric.model === model);
  const [metric] = found;
  const unit = metric?.unit ?? (threshold >= 0 && threshold <= 1 ? 'proportion' : 'number');
  const sign = kind === 'floor' ? '≥' : '≤';
  return {
    threshold,
    required: `${sign} ${found.length === 1 ? show(threshold, unit) : threshold}`,
    unit,
    by,
    ...(found.length === 1
      ? judgeMetric(metric, rule, given.planned?.get(rule.metric)?.total)
      : without('error', absence(rule.metric, model, metrics), 'Name a metric that an audit of the run measures.')),
    ...(found.length === 1 && metric.total !== undefined && { total: metric.total }),
  };
}
