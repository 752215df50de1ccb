/** Refuses gates that are mistakes whatever the models do, before anything is attacked. */
import { didYouMean, suggest } from '../config/suggest.ts';
import { InputError } from '../errors.ts';
import type { DeclaredMetric } from '../plugin/audit.ts';
import { type GateRule, idOf, metricOf } from './rule.ts';
import { evaluationOf } from './rules/max-drop.ts';

/** What a metric's id says before its condition: 'robust-accuracy', 'fnr.smiling'. */
export const measureName = (id: string) => /^(?:\\.|[^\\@[])*/.exec(id)?.[0] ?? id;

/** Limits of a rule that must be proportions where its metric is one, by the config's word for them. */
function limitsOf(rule: GateRule): [string, number][] {
  switch (rule.kind) {
    case 'floor':
    case 'ceiling':
      return [[rule.kind, rule.threshold]];
    case 'worst-subgroup':
      return [[rule.side, rule.threshold]];
    case 'max-drop':
      return [['margin', rule.margin]];
    case 'subgroup-gap':
      return [['tolerance', rule.tolerance]];
    case 'attack-health':
      return [];
  }
}

/**
 * A limit that a proportion cannot reach, an unknown model, a metric that the rule cannot judge. A metric that is absent is left for `checkMetrics`.
 *
 * @param metrics that are measured, or will be
 * @throws InputError
 */
export function checkRule(rule: GateRule, metrics: readonly DeclaredMetric[], models: readonly string[]): void {
  const metric = metricOf(rule);
  const name = metric === undefined ? `The gate ${rule.kind}` : `The gate on ${JSON.stringify(metric)}`;
  for (const model of rule.models ?? [])
    if (!models.includes(model))
      throw new InputError(
        `${name} binds the model ${JSON.stringify(model)}, which this run does not have.${suggest(model, models)}`,
        'Correct the name under "models", or leave "models" out to bind every model.',
      );
  if (rule.models?.length === 0)
    throw new InputError(`${name} binds no model.`, 'Name a model, or leave "models" out to bind every model.');
  if (rule.kind === 'max-drop' && evaluationOf(rule.metric) === undefined)
    throw new InputError(
      `max-drop cannot judge ${JSON.stringify(rule.metric)}: it compares accuracies, example by example.`,
      'Name clean-accuracy or robust-accuracy@<attack>:<norm>:<ε>; other metrics take a floor or a ceiling.',
    );
  const isLimit = rule.kind === 'floor' || rule.kind === 'ceiling';
  const proportion = !isLimit || metrics.some(({ id, unit }) => id === metric && unit === 'proportion');
  for (const [kind, threshold] of limitsOf(rule))
    if (!Number.isFinite(threshold) || (proportion && (threshold < 0 || threshold > 1)))
      throw new InputError(
        `${name} sets a ${kind} of ${threshold}, but ${proportion ? 'the metric is a proportion, from 0 to 1' : 'a limit is a finite number'}.`,
        threshold > 1 && threshold <= 100 ? `For ${threshold} % write ${threshold / 100}.` : 'Correct the limit.',
      );
}

/** Ids of one measure that a message lists, where none is near the one written. */
const mostListed = 8;

const byColumns = (rule: GateRule): readonly string[] =>
  rule.kind === 'worst-subgroup' || rule.kind === 'subgroup-gap' ? rule.columns : [];

/**
 * Refuses metrics that no audit of the run measures, and subgroups that the data does not have.
 *
 * @param metrics all that the audits may measure
 * @throws InputError naming for each the nearest one, or those that there are
 */
export function checkMetrics(
  rules: readonly GateRule[],
  metrics: readonly DeclaredMetric[],
  groupColumns: readonly string[],
): void {
  const ids = metrics.map(({ id }) => id);
  const measures = [...new Set(ids.map(measureName))];
  // A comparison with the baseline reads outcomes, which need no audit.
  const named = rules.flatMap((rule) => (rule.kind === 'max-drop' ? [] : (metricOf(rule) ?? [])));
  const lines = [...new Set(named)]
    .filter((metric) => !ids.includes(metric))
    .map((metric) => {
      const same = ids.filter((id) => measureName(id) === measureName(metric));
      const known = same.length > 0 ? same : measures;
      const more = known.length > mostListed ? ` and ${known.length - mostListed} more` : '';
      const hint = didYouMean(metric, ids) || ` Known: ${known.slice(0, mostListed).join(', ')}${more}.`;
      return `No audit of this run measures ${JSON.stringify(metric)}, which a gate names.${hint}`;
    });
  for (const rule of rules) {
    const unknown = byColumns(rule).filter((column) => !groupColumns.includes(column));
    for (const column of unknown)
      lines.push(
        `The gate ${JSON.stringify(idOf(rule))} names ${JSON.stringify(column)}, which is no subgroup column of the data.${suggest(column, groupColumns)}`,
      );
    const metric = metricOf(rule);
    if (unknown.length > 0 || byColumns(rule).length === 0 || metric === undefined || !ids.includes(metric)) continue;
    if (!ids.some((id) => id.startsWith(`${metric}[`)))
      lines.push(
        `The gate ${JSON.stringify(idOf(rule))} needs ${metric} within subgroups, which no audit of this run measures.`,
      );
  }
  if (lines.length === 0) return;
  throw new InputError(
    lines.join('\n'),
    'Correct the gate, or add the attack or the audit that measures it; "Metrics" in docs/results.md explains the names.',
  );
}

/**
 * Refuses a check of the attacks' health in a run without the audit that makes it.
 *
 * @param checked whether some audit of the run checks the attacks
 * @throws InputError
 */
export function checkHealth(rules: readonly GateRule[], checked: boolean): void {
  if (!checked && rules.some(({ kind, level }) => kind === 'attack-health' && level !== 'off'))
    throw new InputError(
      'A gate asks for attack-health, but no audit of this run checks the attacks.',
      'Add evaluation-health to "audits", or switch the gate off: { rule: attack-health, level: off }.',
    );
}
