/** Whether what a user's plugin file exports is a plugin, told field by field. */
import { z } from 'zod';
import { check } from './config/problems.ts';
import type { AttackDefinition } from './plugin/attack.ts';
import type { AuditDefinition } from './plugin/audit.ts';
import type { ObjectiveDefinition } from './plugin/objective.ts';
import type { ReportDefinition } from './plugin/report.ts';

const isFunction = (field: string) =>
  z.custom((value) => typeof value === 'function', { error: `expected a function: ${field}` });

/** Options are a strict object, so that a mistyped option is refused and not ignored. */
const optionsSchema = z.custom((value) => value instanceof z.ZodObject && value.def.catchall instanceof z.ZodNever, {
  error: 'expected z.strictObject({ … }), with the z that proofhouse/plugin exports',
});

const base = {
  name: z
    .string()
    .max(64)
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'a name is in kebab case, such as "my-attack"'),
  title: z.string().min(1),
  description: z.string().optional(),
  options: optionsSchema,
};

const schemas = {
  attacks: z
    .looseObject({
      ...base,
      reference: z.string().min(1),
      access: z.enum(['gradient', 'score', 'decision', 'none']),
      threats: z.array(z.enum(['linf', 'l2', 'l1', 'l0'])),
      families: z.array(z.enum(['rotation-translation', 'patch'])).optional(),
      budget: z.enum(['fixed-epsilon', 'minimal-norm']).optional(),
      readsCleanScores: z.boolean().optional(),
      fit: isFunction('*fit(context, options) { … }').optional(),
      attack: isFunction('*attack(example, options) { … }'),
    })
    .refine(({ threats, families = [] }) => threats.length + families.length > 0, {
      path: ['threats'],
      error: 'expected at least 1 value, or a family in families',
    })
    .refine(({ fit, budget }) => fit === undefined || budget !== 'minimal-norm', {
      path: ['fit'],
      error: 'what is made for all examples is made at an ε: leave out the minimal-norm budget',
    }),
  audits: z.looseObject({
    ...base,
    reference: z.string().optional(),
    needs: isFunction('needs(options) { … }').optional(),
    metrics: isFunction('metrics(plan, options) { … }').optional(),
    measure: isFunction('measure(input, options) { … }'),
  }),
  reports: z.looseObject({
    ...base,
    file: z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a file name without folders, such as "report.txt"'),
    render: isFunction('render(input, options) { … }'),
  }),
  objectives: z.looseObject({
    ...base,
    reference: z.string().min(1),
    views: z.array(z.enum(['clean', 'adversarial'])).min(1),
    attack: isFunction('attack(options) { … }').optional(),
    loop: isFunction('loop(options) { … }').optional(),
    loss: isFunction('loss(graph, values, options) { … }'),
  }),
};

export type CheckedPlugin =
  | { kind: 'attacks'; definition: AttackDefinition }
  | { kind: 'audits'; definition: AuditDefinition }
  | { kind: 'reports'; definition: ReportDefinition }
  | { kind: 'objectives'; definition: ObjectiveDefinition }
  /** Sentences such as `threats: is required: a list.` */
  | { problems: string[] };

const has = (value: unknown, field: string) => typeof value === 'object' && value !== null && field in value;
const isAttack = (value: unknown): value is AttackDefinition => has(value, 'attack');
const isAudit = (value: unknown): value is AuditDefinition => has(value, 'measure');
const isObjective = (value: unknown): value is ObjectiveDefinition => has(value, 'views');
const isReport = (value: unknown): value is ReportDefinition => has(value, 'render');

/** Which kind of plugin a default export is, by the function it has, and whether all its fields are sound. */
export function checkPlugin(definition: unknown): CheckedPlugin {
  const checked = (kind: keyof typeof schemas, plugin: CheckedPlugin): CheckedPlugin => {
    const result = check<unknown>(schemas[kind], definition);
    if (!('problems' in result)) return plugin;
    return { problems: result.problems.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`) };
  };
  // First, since an objective may have an attack() too.
  if (isObjective(definition)) return checked('objectives', { kind: 'objectives', definition });
  if (isAttack(definition)) return checked('attacks', { kind: 'attacks', definition });
  if (isAudit(definition)) return checked('audits', { kind: 'audits', definition });
  if (isReport(definition)) return checked('reports', { kind: 'reports', definition });
  if (definition === undefined) return { problems: ['it has no default export'] };
  return { problems: ['its default export has no attack(), no measure(), no render() and no views'] };
}
