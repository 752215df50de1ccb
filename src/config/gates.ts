/** `gates:` of a config: presets by name and rules, checked as far as the models and the evaluations of the run tell. */
import type { GateEntry } from '../gate/presets.ts';
import { defaultAlpha, defaultMargin, defaultMinimum, type GateRule, idOf } from '../gate/rule.ts';
import type { Flags } from './flags.ts';
import { find } from './paths.ts';
import type { SeriesPlan } from './plan.ts';
import { type Problem, show } from './problems.ts';
import type { GatingPlan } from './resolved.ts';
import type { RawConfig, RawGate } from './schema.ts';
import type { Locate } from './source.ts';
import { suggest } from './suggest.ts';

type Kind = NonNullable<RawGate['rule']>;
type Key = keyof RawGate;

/** What each rule takes beside `rule`, `level` and `models`. */
const keys: Record<Kind, { needs: Key[]; takes: Key[] }> = {
  floor: { needs: ['metric', 'floor'], takes: ['by'] },
  ceiling: { needs: ['metric', 'ceiling'], takes: ['by'] },
  'max-drop': { needs: ['metric'], takes: ['margin', 'alpha'] },
  'worst-subgroup': { needs: ['metric', 'columns'], takes: ['floor', 'ceiling', 'minimum'] },
  'subgroup-gap': { needs: ['metric', 'columns', 'tolerance'], takes: ['alpha', 'minimum'] },
  'attack-health': { needs: [], takes: [] },
};

/** An evaluation of the run, as far as gates need to know. */
export interface EvaluationMade {
  /** 'pgd:linf:8/255'. */
  id: string;
  surrogate?: string | undefined;
}

export const evaluationsMade = (series: readonly SeriesPlan[]): EvaluationMade[] =>
  series
    .filter(({ subsample }) => subsample === undefined)
    .flatMap(({ id, epsilons, surrogate }) => epsilons.map(({ text }) => ({ id: `${id}:${text}`, surrogate })));

export interface RunFacts {
  models: readonly string[];
  evaluations: readonly EvaluationMade[];
}

/** The evaluation that a metric's id names after its '@'. */
const evaluationIn = (metric: string) => /^(?:\\.|[^\\@])*@([^[\]]+)/.exec(metric)?.[1];

/** A metric that names an evaluation of a known attack must name one that this run makes. */
function checkEvaluation(metric: string, { evaluations }: RunFacts): string | undefined {
  const evaluation = evaluationIn(metric);
  if (evaluation === undefined || evaluation === 'clean') return undefined;
  const named = evaluation.split(':')[0];
  const ids = evaluations.map(({ id }) => id);
  if (ids.includes(evaluation) || !ids.some((id) => id.startsWith(`${named}:`))) return undefined;
  return `this run does not evaluate ${show(evaluation)}.${suggest(evaluation, ['clean', ...ids])}`;
}

/** The models that a gate without a list of its own binds: all, but for the surrogate that its evaluation is made on. */
function boundModels(metric: string, { models, evaluations }: RunFacts): string[] | undefined {
  const surrogate = evaluations.find(({ id }) => id === evaluationIn(metric))?.surrogate;
  if (surrogate === undefined || !models.includes(surrogate)) return undefined;
  return models.filter((model) => model !== surrogate);
}

/** `proofhouse.yaml:5:11` as members; undefined for what no file says. */
function sourceOf(place: string): GateRule['source'] {
  const [, file, line, column] = /^(.+):(\d+):(\d+)$/.exec(place) ?? [];
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
}

/** What an entry asks, where it leaves that to be told by its limits. */
function kindsOf({ rule, floor, ceiling }: RawGate): Kind[] {
  if (rule !== undefined) return [rule];
  return [...(floor === undefined ? [] : ['floor' as const]), ...(ceiling === undefined ? [] : ['ceiling' as const])];
}

function checkKeys(gate: RawGate, kinds: readonly Kind[], at: PropertyKey[], problems: Problem[]): boolean {
  const before = problems.length;
  const named = kinds.join(' and ');
  const known = new Set<string>([
    'rule',
    'level',
    'models',
    ...kinds.flatMap((kind) => [...keys[kind].needs, ...keys[kind].takes]),
  ]);
  for (const key of Object.keys(gate))
    if (!known.has(key))
      problems.push({
        path: [...at, key],
        message: `${named} takes no ${key}; it takes ${[...known].join(', ')}.`,
        part: 'key',
      });
  for (const key of new Set(kinds.flatMap((kind) => keys[kind].needs)))
    if (gate[key] === undefined) problems.push({ path: at, message: `${named} needs ${key}.` });
  if (gate.rule === 'worst-subgroup' && (gate.floor === undefined) === (gate.ceiling === undefined))
    problems.push({ path: at, message: 'worst-subgroup needs a floor or a ceiling, and not both.' });
  if (gate.floor !== undefined && gate.ceiling !== undefined && gate.floor > gate.ceiling)
    problems.push({ path: [...at, 'floor'], message: `the floor ${gate.floor} is above the ceiling ${gate.ceiling}.` });
  return problems.length === before;
}

/** A rule of an entry whose keys are known to fit its kind. */
function ruleOf(kind: Kind, gate: RawGate, common: Pick<GateRule, 'level' | 'models' | 'source'>): GateRule {
  const { metric = '', floor = 0, ceiling = 0, by = 'bound', alpha = defaultAlpha, minimum = defaultMinimum } = gate;
  const columns = [gate.columns ?? []].flat();
  switch (kind) {
    case 'floor':
      return { kind, ...common, metric, threshold: floor, by };
    case 'ceiling':
      return { kind, ...common, metric, threshold: ceiling, by };
    case 'max-drop':
      return { kind, ...common, metric, margin: gate.margin ?? defaultMargin, alpha };
    case 'worst-subgroup': {
      const side = gate.floor === undefined ? 'ceiling' : 'floor';
      return { kind, ...common, metric, columns, side, threshold: side === 'floor' ? floor : ceiling, minimum };
    }
    case 'subgroup-gap':
      return { kind, ...common, metric, columns, tolerance: gate.tolerance ?? 0, alpha, minimum };
    case 'attack-health':
      return { kind, ...common };
  }
}

function resolveGate(
  gate: RawGate,
  run: RunFacts,
  at: PropertyKey[],
  source: GateRule['source'],
  problems: Problem[],
): GateRule[] {
  const kinds = kindsOf(gate);
  if (kinds.length === 0) {
    const path = at;
    problems.push({ path, message: 'sets no limit: give it a floor or a ceiling, or say what it asks under rule.' });
  } else if (!checkKeys(gate, kinds, at, problems)) return [];
  const { metric } = gate;
  const evaluation = metric === undefined ? undefined : checkEvaluation(metric, run);
  if (evaluation !== undefined) problems.push({ path: [...at, 'metric'], message: evaluation });
  for (const [position, name] of (gate.models ?? []).entries())
    if (!run.models.includes(name))
      problems.push({
        path: [...at, 'models', position],
        message: `there is no model ${show(name)}.${suggest(name, run.models)}`,
      });
  const models = gate.models ?? (metric === undefined ? undefined : boundModels(metric, run));
  const common = { level: gate.level ?? 'error', ...(models && { models }), ...(source && { source }) };
  return kinds.map((kind) => ruleOf(kind, gate, common));
}

/** The entries in the config's order; an entry with a floor and a ceiling is two. */
export function resolveGates(raw: RawConfig['gates'], run: RunFacts, locate: Locate, problems: Problem[]): GateEntry[] {
  const seen = new Set<string>();
  return (raw ?? []).flatMap((entry, index): GateEntry[] => {
    const at = ['gates', index];
    const source = sourceOf(locate(at));
    if (typeof entry === 'string') return [{ preset: entry, ...(source && { source }) }];
    const rules = resolveGate(entry, run, at, source, problems);
    for (const rule of rules)
      for (const model of rule.models ?? run.models) {
        const key = JSON.stringify([idOf(rule), model]);
        if (seen.has(key)) problems.push({ path: at, message: `there is already a gate ${idOf(rule)} for ${model}.` });
        seen.add(key);
      }
    return rules;
  });
}

/** An entry in the config's own words, with its defaults. */
export function canonicalGate(entry: GateEntry): unknown {
  if ('preset' in entry) return entry.preset;
  const { kind, source: _, ...rest } = entry;
  switch (entry.kind) {
    case 'floor':
    case 'ceiling': {
      const { metric, threshold, by, level, models } = entry;
      return { metric, [kind]: threshold, by, level, ...(models && { models }) };
    }
    case 'worst-subgroup': {
      const { metric, columns, side, threshold, minimum, level, models } = entry;
      return { rule: kind, metric, columns, [side]: threshold, minimum, level, ...(models && { models }) };
    }
    default:
      return { rule: kind, ...rest };
  }
}

type Written = Pick<RawConfig, 'inconclusive' | 'accepted-risks'>;

/** @param flags win over the config */
export function resolveGating(
  config: Written,
  { context = 'release', failOn, reportOnly }: Flags,
  base: string,
  problems: Problem[],
): GatingPlan {
  const { 'pull-request': pullRequest = 'warn', release = 'error' } = config.inconclusive ?? {};
  const byContext = { 'pull-request': pullRequest, release };
  if (context !== 'release' && context !== 'pull-request')
    problems.push({ path: ['context'], message: `expected release or pull-request; got ${show(context)}.` });
  const written = config['accepted-risks'];
  const risks = written === undefined ? undefined : find(base, written);
  if (risks && 'problem' in risks)
    problems.push({
      path: ['accepted-risks'],
      message: `${risks.problem} Begin with a file that holds an empty list: []`,
    });
  return {
    context,
    byContext,
    inconclusive: byContext[context === 'pull-request' ? context : 'release'] === 'warn' ? 'warns' : 'blocks',
    ...(failOn === 'warn' && { failOn }),
    ...(reportOnly && { reportOnly }),
    ...(risks && 'path' in risks && { acceptedRisks: risks.path }),
  };
}
