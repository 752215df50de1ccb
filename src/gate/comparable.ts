/** Whether outcomes before and now can be compared: all that an outcome rests on beside the model must be the same. */
import type { ComparedEvaluation, Standings } from './standings.ts';

/** What outcomes rest on, in words that follow "differs:". */
type Settings = Record<string, string>;

const longest = 60;
const cut = (text: string) => (text.length > longest ? `${text.slice(0, longest)}…` : text);

const hash = (sha256: string) => `sha256 ${sha256.slice(0, 12)}`;

/** As JSON with sorted keys, for the order in which options were written says nothing. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'none'
  );
}

const settingsOfAll = ({ proofhouse, engine, dataset }: Standings): Settings => ({
  'the data': `${hash(dataset.sha256)} (${dataset.examples} examples)`,
  Proofhouse: proofhouse,
  'the runtime': `${engine.name} ${engine.version}, ${engine.device}`,
  'the CPU instruction set': engine.instructionSet,
});

const seriesOf = ({ id, epsilonText }: ComparedEvaluation) => id.slice(0, id.length - `:${epsilonText}`.length);

/** Radii of the same sweep up to this one: what falls at a smaller radius is not attacked again. */
function radii(standings: Standings, evaluation: ComparedEvaluation): string {
  const { epsilon = 0, budget } = evaluation;
  if (budget === 'minimal-norm') return `${epsilon}`;
  const before = standings.evaluations.filter(
    (other) => other.attack !== 'clean' && seriesOf(other) === seriesOf(evaluation) && (other.epsilon ?? 0) <= epsilon,
  );
  return before
    .map((other) => other.epsilon ?? 0)
    .toSorted((a, b) => a - b)
    .join(', ');
}

function settingsOfAttack(standings: Standings, evaluation: ComparedEvaluation): Settings {
  const { attack, norm, goal, options = {}, surrogate } = evaluation;
  const made = standings.surrogates.find(({ name }) => name === surrogate);
  return {
    'the seed': `${standings.seed}`,
    'the plugins': standings.plugins.map((sha256) => hash(sha256)).join(', ') || 'none',
    'the attack': attack,
    'the norm': `${norm}`,
    'the radii up to this one': radii(standings, evaluation),
    'the goal': `${goal}`,
    'the surrogate':
      made === undefined ? (surrogate ?? 'none') : `${hash(made.sha256)} ${canonical(made.preprocessing)}`,
    ...Object.fromEntries(Object.entries(options).map(([name, value]) => [`its option ${name}`, canonical(value)])),
  };
}

function difference(before: Settings, now: Settings): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names
    .filter((name) => before[name] !== now[name])
    .map((name) => `${cut(name)}: ${cut(before[name] ?? 'none')} before, ${cut(now[name] ?? 'none')} now`);
}

/** What keeps one evaluation from being compared, each in words: 'the data: sha256 … before, … now'. Empty: nothing. */
export function differences(before: Standings, now: Standings, id: string): string[] {
  const [old, young] = [before, now].map(({ evaluations }) => evaluations.find((evaluation) => evaluation.id === id));
  if (old === undefined || young === undefined) throw new Error(`internal: ${id} is not an evaluation of both sides`);
  return [
    ...difference(settingsOfAll(before), settingsOfAll(now)),
    // A clean outcome rests on no seed and no attack.
    ...(id === 'clean' ? [] : difference(settingsOfAttack(before, old), settingsOfAttack(now, young))),
  ];
}

/** As `differences` for a worst case: its attacks must be the same, and each of them comparable. */
export function worstDifferences(
  before: { standings: Standings; members: readonly string[] },
  now: { standings: Standings; members: readonly string[] },
): string[] {
  const only = (side: readonly string[], other: readonly string[], when: string) =>
    side.filter((id) => !other.includes(id)).map((id) => `the attacks: ${cut(id)} only ${when}`);
  const common = now.members.filter((id) => before.members.includes(id));
  return [
    ...only(before.members, now.members, 'before'),
    ...only(now.members, before.members, 'now'),
    ...new Set(common.flatMap((id) => differences(before.standings, now.standings, id))),
  ];
}
