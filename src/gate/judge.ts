/** Compares findings with limits. A verdict is reached once, here; everything else repeats it. */
import { didYouMean } from '../config/suggest.ts';
import type { Finding, Metric } from '../plugin/finding.ts';
import type { GateResult, Verdict } from '../plugin/record.ts';
import { defectOf, type Evidence, evidenceOf, examplesToSettle } from './evidence.ts';
import { checkRule, type GateRule, type Limit, limitsOf } from './rule.ts';

type Judgement = Pick<GateResult, 'verdict' | 'why' | 'fix' | 'measured' | 'method' | 'low' | 'high'>;

const show = (metric: Metric, value: number) =>
  metric.unit === 'proportion' ? `${(100 * value).toFixed(2)} %` : `${Number(value.toPrecision(6))}`;

const holds = (value: number, { kind, threshold }: Limit) =>
  kind === 'floor' ? value >= threshold : value <= threshold;

function judgePoint(metric: Metric, value: number, limit: Limit): Judgement {
  const verdict = holds(value, limit) ? 'pass' : 'fail';
  const side = value === limit.threshold ? 'at' : value > limit.threshold ? 'above' : 'below';
  return {
    verdict,
    measured: value,
    method: 'point estimate',
    why: `The estimate, ${show(metric, value)}, is ${side} the ${limit.kind} of ${show(metric, limit.threshold)}; its uncertainty was not asked for.`,
  };
}

/** What would settle an inconclusive gate, as the end of a sentence. */
function remedy(metric: Metric, value: number, evidence: Evidence, { threshold }: Limit): string {
  const { count, total } = metric;
  if (value === threshold) return 'the estimate is at the limit, where no number of examples settles it';
  const after = `if the estimate stays at ${show(metric, value)}`;
  if (metric.unit === 'proportion' && count !== undefined && total !== undefined) {
    const more = examplesToSettle({ count, total }, threshold, evidence.confidence);
    return more === undefined
      ? 'the estimate is so near the limit that no practical number of examples settles it'
      : `about ${more} more examples would settle it, ${after}`;
  }
  // Intervals narrow with the square root of the number of examples.
  const reach = value > threshold ? value - evidence.low : evidence.high - value;
  return `about ${Math.ceil((reach / (value - threshold)) ** 2)} times as many examples would settle it, ${after}`;
}

function judgeBound(metric: Metric, value: number, evidence: Evidence, limit: Limit): Judgement {
  const { low, high, confidence, method } = evidence;
  const [cautious, generous] = limit.kind === 'floor' ? [low, high] : [high, low];
  const [cautiousName, generousName] = limit.kind === 'floor' ? ['lower', 'upper'] : ['upper', 'lower'];
  const percent = `${Number((100 * confidence).toPrecision(6))} %`;
  const threshold = `the ${limit.kind} of ${show(metric, limit.threshold)}`;
  const judged = { measured: value, low, high, method: `${method}, ${percent}` };
  if (holds(cautious, limit)) {
    const side = limit.kind === 'floor' ? 'not below' : 'not above';
    return {
      ...judged,
      verdict: 'pass',
      why: `The ${cautiousName} limit of the ${percent} interval, ${show(metric, cautious)}, is ${side} ${threshold}.`,
    };
  }
  if (!holds(generous, limit)) {
    const side = limit.kind === 'floor' ? 'below' : 'above';
    return {
      ...judged,
      verdict: 'fail',
      why: `Even the ${generousName} limit of the ${percent} interval, ${show(metric, generous)}, is ${side} ${threshold}.`,
    };
  }
  return {
    ...judged,
    verdict: 'inconclusive',
    why: `The ${percent} interval, ${show(metric, low)} to ${show(metric, high)}, leaves both sides of ${threshold} open; ${remedy(metric, value, evidence, limit)}.`,
  };
}

const without = (verdict: Verdict, why: string): Judgement => ({ verdict, why, measured: null, method: 'none' });

function judgeMetric(metric: Metric, limit: Limit, by: GateRule['by']): Judgement {
  const defect = defectOf(metric);
  if (defect !== undefined) return without('error', `${defect}.`);
  if (metric.value === null || metric.total === 0)
    return without('inconclusive', 'It is undefined: there is no example to measure it on. Add examples of this kind.');
  if (by === 'point') return judgePoint(metric, metric.value, limit);
  const evidence = evidenceOf(metric);
  return evidence === undefined
    ? without('error', 'The metric has no confidence interval to judge by its bound. Set "by: point" for this gate.')
    : judgeBound(metric, metric.value, evidence, limit);
}

/** Why a metric cannot be judged for a model, when it is not there exactly once. */
function absence(id: string, model: string, metrics: readonly Metric[]): string {
  const ofModel = metrics.filter((metric) => metric.model === model);
  const found = ofModel.filter((metric) => metric.id === id).length;
  if (found > 1) return `${found} metrics of this model carry this id, so that it is not clear which one is meant.`;
  if (metrics.some((metric) => metric.id === id)) return `It was measured for another model, but not for ${model}.`;
  return `No audit measured it.${didYouMean(
    id,
    ofModel.map((metric) => metric.id),
  )}`;
}

/**
 * Judges every rule for every model it binds, in the order of rules, models, floor before ceiling.
 *
 * By bound, a floor passes if the lower limit of the confidence interval reaches it, fails if even the upper limit does not, and is inconclusive
 * between (a ceiling likewise). What is undefined is inconclusive; what is missing or broken is an error; neither ever passes.
 *
 * @throws InputError for a rule that is a mistake whatever the models do (see `checkRule`)
 */
export function judge(
  rules: readonly GateRule[],
  findings: readonly Finding[],
  models: readonly string[],
): GateResult[] {
  const metrics = findings.flatMap((finding) => finding.metrics);
  for (const rule of rules) checkRule(rule, metrics, models);
  return rules.flatMap((rule) =>
    (rule.models ?? models).flatMap((model) => {
      const found = metrics.filter((metric) => metric.id === rule.metric && metric.model === model);
      return limitsOf(rule).map((limit): GateResult => {
        const judgement: Judgement =
          found.length === 1
            ? judgeMetric(found[0], limit, rule.by)
            : without('error', absence(rule.metric, model, metrics));
        const sign = limit.kind === 'floor' ? '≥' : '≤';
        return {
          id: `${limit.kind} ${rule.metric}`,
          rule: `${rule.metric} ${sign} ${limit.threshold}`,
          level: 'error',
          metric: rule.metric,
          model,
          ...limit,
          required: `${sign} ${found.length === 1 ? show(found[0], limit.threshold) : limit.threshold}`,
          unit: found[0]?.unit ?? (limit.threshold >= 0 && limit.threshold <= 1 ? 'proportion' : 'number'),
          by: rule.by,
          ...judgement,
          effect: judgement.verdict === 'pass' || judgement.verdict === 'not applicable' ? 'none' : 'blocks',
          ...(found.length === 1 && found[0].total !== undefined && { total: found[0].total }),
        };
      });
    }),
  );
}
