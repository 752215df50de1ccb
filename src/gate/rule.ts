/** What a gate asks: a limit on one metric, for some or all models. */
import { didYouMean, suggest } from '../config/suggest.ts';
import { InputError } from '../errors.ts';
import type { DeclaredMetric } from '../plugin/audit.ts';

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
 * model. A metric that is absent is left for the verdict.
 *
 * @param metrics that are measured, or will be
 * @throws InputError
 */
export function checkRule(rule: GateRule, metrics: readonly DeclaredMetric[], models: readonly string[]): void {
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
  const proportion = metrics.some(({ id, unit }) => id === rule.metric && unit === 'proportion');
  for (const { kind, threshold } of limits)
    if (!Number.isFinite(threshold) || (proportion && (threshold < 0 || threshold > 1)))
      throw new InputError(
        `The gate on ${name} sets a ${kind} of ${threshold}, but ${proportion ? 'the metric is a proportion, from 0 to 1' : 'a limit is a finite number'}.`,
        threshold > 1 && threshold <= 100 ? `For ${threshold} % write ${threshold / 100}.` : 'Correct the limit.',
      );
}

/** Ids of one measure that a message lists, where none is near the one written. */
const mostListed = 8;

/**
 * Refuses metrics that no audit of the run measures.
 *
 * @param metrics all that the audits may measure
 * @throws InputError naming for each the nearest one, or those that there are
 */
export function checkMetrics(rules: readonly GateRule[], metrics: readonly DeclaredMetric[]): void {
  const ids = metrics.map(({ id }) => id);
  const measures = [...new Set(ids.map(measureName))];
  const unknown = [...new Set(rules.map(({ metric }) => metric))].filter((metric) => !ids.includes(metric));
  if (unknown.length === 0) return;
  const lines = unknown.map((metric) => {
    const same = ids.filter((id) => measureName(id) === measureName(metric));
    const known = same.length > 0 ? same : measures;
    const more = known.length > mostListed ? ` and ${known.length - mostListed} more` : '';
    const hint = didYouMean(metric, ids) || ` Known: ${known.slice(0, mostListed).join(', ')}${more}.`;
    return `No audit of this run measures ${JSON.stringify(metric)}, which a gate names.${hint}`;
  });
  throw new InputError(
    lines.join('\n'),
    'Correct the metric, or add the attack or the audit that measures it; "Metrics" in docs/results.md explains the names.',
  );
}
