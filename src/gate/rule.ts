/** What a gate asks: a limit on one metric, for some or all models. */
import { didYouMean, suggest } from '../config/suggest.ts';
import { InputError } from '../errors.ts';
import type { Metric } from '../plugin/finding.ts';

export interface GateRule {
  /** A metric's id: 'robust-accuracy@pgd:linf:8/255'. */
  metric: string;
  /** Names of the models it binds; absent: all. */
  models?: readonly string[];
  /** The least that holds. */
  floor?: number;
  /** The most that holds. */
  ceiling?: number;
  /** 'bound': the confidence interval must lie on the right side; 'point': the estimate alone. */
  by: 'bound' | 'point';
}

/** One side of a rule. */
export interface Limit {
  kind: 'floor' | 'ceiling';
  threshold: number;
}

/** The floor, the ceiling or both, in this order. */
export function limitsOf({ floor, ceiling }: GateRule): Limit[] {
  const limits: Limit[] = [];
  if (floor !== undefined) limits.push({ kind: 'floor', threshold: floor });
  if (ceiling !== undefined) limits.push({ kind: 'ceiling', threshold: ceiling });
  return limits;
}

/** What a metric's id says before its condition: 'robust-accuracy', 'fnr.smiling'. */
const measureName = (id: string) => /^(?:\\.|[^\\@])*/.exec(id)?.[0] ?? id;

/**
 * Refuses what can be told to be a mistake in the rule, whatever the models do: no limit, a limit that a proportion cannot reach, an unknown
 * model, a misspelt metric. A metric that is merely absent is left for the verdict.
 *
 * @throws InputError
 */
export function checkRule(rule: GateRule, metrics: readonly Metric[], models: readonly string[]): void {
  const name = JSON.stringify(rule.metric);
  const limits = limitsOf(rule);
  if (limits.length === 0)
    throw new InputError(`The gate on ${name} sets no limit.`, 'Give it a floor, a ceiling or both.');
  for (const model of rule.models ?? [])
    if (!models.includes(model))
      throw new InputError(
        `The gate on ${name} binds the model ${JSON.stringify(model)}, which this run does not have.${suggest(model, models)}`,
        'Correct the name under "models", or leave "models" out to bind every model.',
      );
  if (rule.models?.length === 0)
    throw new InputError(
      `The gate on ${name} binds no model.`,
      'Name a model, or leave "models" out to bind every model.',
    );
  const known = [...new Set(metrics.map(({ id }) => measureName(id)))];
  const measure = measureName(rule.metric);
  if (!known.includes(measure)) {
    const hint = didYouMean(measure, known);
    if (hint !== '')
      throw new InputError(
        `No audit measures ${JSON.stringify(measure)}, which the gate on ${name} names.${hint}`,
        'Correct the metric.',
      );
  }
  const proportion = metrics.some(({ id, unit }) => id === rule.metric && unit === 'proportion');
  for (const { kind, threshold } of limits)
    if (!Number.isFinite(threshold) || (proportion && (threshold < 0 || threshold > 1)))
      throw new InputError(
        `The gate on ${name} sets a ${kind} of ${threshold}, but ${proportion ? 'the metric is a proportion, from 0 to 1' : 'a limit is a finite number'}.`,
        threshold > 1 && threshold <= 100 ? `For ${threshold} % write ${threshold / 100}.` : 'Correct the limit.',
      );
}
