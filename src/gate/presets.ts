/** Gates by name: what each preset asks of a run, and how rules of the config come before a preset's. */
import type { AuditPlan } from '../plugin/audit.ts';
import type { GateLevel } from '../plugin/record.ts';
import { defaultAlpha, defaultMargin, defaultMinimum, type GateRule, idOf } from './rule.ts';

export const presets = ['recommended', 'strict', 'report-only'] as const;
export type Preset = (typeof presets)[number];

/** One entry of the config's `gates`. */
export type GateEntry = ({ preset: Preset } & Pick<GateRule, 'source'>) | GateRule;

const tolerance = 0.05;

/** Models that an evaluation is judged on: all but the one that its attack is made on. */
const judgedOn = (models: readonly string[], surrogate: string | undefined) =>
  surrogate === undefined || !models.includes(surrogate) ? {} : { models: models.filter((name) => name !== surrogate) };

function presetRules(
  { preset, source }: Extract<GateEntry, { preset: Preset }>,
  { models, evaluations, groupColumns, audits }: AuditPlan,
): GateRule[] {
  const least: GateLevel = preset === 'strict' ? 'error' : 'warn';
  const level: GateLevel = preset === 'report-only' ? 'warn' : 'error';
  const attacked = evaluations.filter(({ attack }) => attack !== 'clean');
  const accuracies = [
    { metric: 'clean-accuracy' },
    ...attacked.map(({ id, surrogate }) => ({ metric: `robust-accuracy@${id}`, ...judgedOn(models, surrogate) })),
  ];
  const compared = preset === 'strict' ? accuracies : accuracies.slice(0, 1);
  const rules: GateRule[] = [
    ...(attacked.length > 0 ? [{ kind: 'attack-health' as const, level }] : []),
    ...accuracies.map((about): GateRule => {
      const margin = preset === 'strict' ? defaultMargin / 2 : defaultMargin;
      return { kind: 'max-drop', level, ...about, margin, alpha: defaultAlpha };
    }),
    ...(audits.includes('robust-accuracy') ? groupColumns : []).flatMap((column) =>
      compared.map((about): GateRule => {
        const limits = { columns: [column], tolerance, alpha: defaultAlpha, minimum: defaultMinimum };
        return { kind: 'subgroup-gap', level: least, ...about, ...limits };
      }),
    ),
  ];
  return rules.map((rule) => ({ ...rule, ...(source && { source }) }));
}

/**
 * The rules of a run. A later entry takes the place of an earlier one of the same id, on the models that it binds.
 *
 * @returns in the order of the entries
 */
export function expandGates(entries: readonly GateEntry[], plan: AuditPlan): GateRule[] {
  const all = entries.flatMap((entry) => ('preset' in entry ? presetRules(entry, plan) : [entry]));
  return all.flatMap((rule, index) => {
    const later = all.slice(index + 1).filter((other) => idOf(other) === idOf(rule));
    if (later.length === 0) return [rule];
    const taken = new Set(later.flatMap(({ models = plan.models }) => models));
    const models = (rule.models ?? plan.models).filter((model) => !taken.has(model));
    return models.length === 0 ? [] : [{ ...rule, models }];
  });
}
