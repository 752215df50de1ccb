/** Plugins described from their declarations: as data, and as a catalogue to read. */
import { z } from 'zod';
import type { AttackDefinition } from '../plugin/attack.ts';
import type { AuditDefinition } from '../plugin/audit.ts';
import type { ObjectiveDefinition } from '../plugin/objective.ts';
import type { ReportDefinition } from '../plugin/report.ts';
import type { ThreatName } from '../plugin/threat.ts';
import type { PluginKind, Plugins } from '../plugins.ts';
import { colour, columnsOf, printable } from './terminal.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

export interface PluginDescription {
  name: string;
  title: string;
  reference?: string;
  description?: string;
  access?: AttackDefinition['access'];
  threats?: readonly ThreatName[];
  budget?: AttackDefinition['budget'];
  /** Name of the file that a report writes. */
  file?: string;
  /** JSON Schema of the options as a config writes them. */
  options: JsonSchema;
}

export type PluginDescriptions = Partial<Record<PluginKind, PluginDescription[]>>;

const optionsSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });

const commonFacts = ({
  name,
  title,
  description,
  options,
}: AttackDefinition | AuditDefinition | ReportDefinition | ObjectiveDefinition): PluginDescription => ({
  name,
  title,
  ...(description === undefined ? {} : { description }),
  options: optionsSchema(options),
});

async function describe(plugins: Plugins, kind: PluginKind, name: string): Promise<PluginDescription> {
  if (kind === 'attacks') {
    const attack = await plugins.attack(name);
    const { reference, access, threats, families = [], budget = 'fixed-epsilon' } = attack;
    return { ...commonFacts(attack), reference, access, threats: [...threats, ...families], budget };
  }
  if (kind === 'audits') {
    const audit = await plugins.audit(name);
    return { ...commonFacts(audit), ...(audit.reference === undefined ? {} : { reference: audit.reference }) };
  }
  if (kind === 'objectives') {
    const objective = await plugins.objective(name);
    return { ...commonFacts(objective), reference: objective.reference };
  }
  const report = await plugins.report(name);
  return { ...commonFacts(report), file: report.file };
}

export async function describePlugins(plugins: Plugins, kinds: readonly PluginKind[]): Promise<PluginDescriptions> {
  const described: PluginDescriptions = {};
  for (const kind of kinds)
    described[kind] = await Promise.all(plugins.names(kind).map((name) => describe(plugins, kind, name)));
  return described;
}

/** 'whole number > 0', 'linf | l2', 'list of text'. */
export function typeText(schema: JsonSchema | boolean | undefined): string {
  if (typeof schema !== 'object') return 'anything';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map(String).join(' | ');
  if (schema.anyOf) return schema.anyOf.map(typeText).join(', or ');
  if (schema.type === 'array') return `list of ${Array.isArray(schema.items) ? 'values' : typeText(schema.items)}`;
  if (schema.type === 'boolean') return 'true | false';
  if (schema.type === 'string') return 'text';
  if (schema.type === 'object') return 'mapping';
  if (schema.type !== 'number' && schema.type !== 'integer') return 'anything';
  const limits: string[] = [];
  if (schema.exclusiveMinimum !== undefined) limits.push(`> ${schema.exclusiveMinimum}`);
  if (schema.minimum !== undefined && schema.minimum > Number.MIN_SAFE_INTEGER) limits.push(`≥ ${schema.minimum}`);
  if (schema.exclusiveMaximum !== undefined) limits.push(`< ${schema.exclusiveMaximum}`);
  if (schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER) limits.push(`≤ ${schema.maximum}`);
  return [schema.type === 'integer' ? 'whole number' : 'number', limits.join(', ')].filter(Boolean).join(' ');
}

const titles: Record<PluginKind, string> = {
  attacks: 'Attacks',
  audits: 'Audits',
  reports: 'Reports',
  objectives: 'Training objectives',
};

function optionLines({ properties = {}, required = [] }: JsonSchema): string[] {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const option = typeof schema === 'object' ? schema : {};
    const missing = required.includes(name) ? 'required' : 'optional';
    const preset = option.default === undefined ? missing : `default ${JSON.stringify(option.default)}`;
    return [name, typeText(option), preset, option.description ?? ''].map(printable);
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => columnsOf(row[column]))));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell))))
      .join('  ')
      .trimEnd(),
  );
}

function entry(plugin: PluginDescription): string {
  const lines = [`${colour('bold', printable(plugin.name))}  ${printable(plugin.title)}`];
  if (plugin.description !== undefined) lines.push(`  ${printable(plugin.description)}`);
  if (plugin.reference !== undefined) lines.push(`  ${colour('dim', 'source ')} ${printable(plugin.reference)}`);
  if (plugin.access !== undefined) lines.push(`  ${colour('dim', 'access ')} ${plugin.access}`);
  if (plugin.threats !== undefined) lines.push(`  ${colour('dim', 'threats')} ${plugin.threats.join(', ')}`);
  if (plugin.budget === 'minimal-norm')
    lines.push(
      `  ${colour('dim', 'budget ')} none: it looks for the nearest adversarial point, which fills the ε curve`,
    );
  if (plugin.file !== undefined) lines.push(`  ${colour('dim', 'writes ')} ${plugin.file}`);
  const options = optionLines(plugin.options);
  if (options.length > 0) lines.push(`  ${colour('dim', 'options')}`, ...options.map((line) => `    ${line}`));
  return lines.join('\n');
}

export function catalogue(described: PluginDescriptions): string {
  const kinds: PluginKind[] = ['attacks', 'audits', 'reports', 'objectives'];
  const parts = kinds.flatMap((kind) => {
    const plugins = described[kind];
    return plugins === undefined ? [] : [colour('underline', titles[kind]), ...plugins.map(entry)];
  });
  return `${parts.join('\n\n')}\n`;
}
