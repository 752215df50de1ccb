/** Every attack of the registry in each of its threats, with budgets that leave its algorithm whole and its tests quick. */
import { expect } from 'vitest';
import type { HarnessQuestion } from '../../src/collect/questions.ts';
import type { AttackDefinition, ImageShape } from '../../src/plugin/attack.ts';
import type { OutcomeRow } from '../../src/plugin/outcome.ts';
import type { Access } from '../../src/plugin/questions.ts';
import type { ThreatName } from '../../src/plugin/threat.ts';
import { loadPlugins } from '../../src/plugins.ts';
import { inBox } from '../../src/threat/box.ts';
import { threatAround } from '../../src/threat/index.ts';
import { type AnalyticModel, affineModel, oracleOf, type Reading } from './analytic-model.ts';
import { type LabelledImage, noiseImages, runAttack } from './attack-run.ts';

/** By the option's name, so that a new attack needs no line here. */
const most: Record<string, number> = {
  steps: 30,
  iterations: 20,
  restarts: 2,
  'search-steps': 3,
  queries: 300,
  samples: 12,
  probes: 20,
  trials: 100,
  tries: 20,
  population: 20,
  generations: 5,
  targets: 3,
  rotations: 5,
  translations: 3,
};

/** So few search steps find nothing from the usual first constant. */
const instead: Record<string, number> = { 'first-constant': 0.1 };

export function lightOptions(attack: AttackDefinition): Record<string, unknown> {
  const defaults = Object.entries(attack.options.parse({}) as Record<string, unknown>);
  return Object.fromEntries(
    defaults.map(([name, value]) => [
      name,
      name in most && typeof value === 'number' ? Math.min(value, most[name]) : (instead[name] ?? value),
    ]),
  );
}

const plugins = await loadPlugins([], '/');
export const attacks = await Promise.all(plugins.names('attacks').map((name) => plugins.attack(name)));

/** Name, threat and attack: a row of `describe.each`. What learns from other images has tests of its own, in test/attacks/dataset. */
export const cases = attacks.flatMap((attack) =>
  attack.fit !== undefined
    ? []
    : [...attack.threats, ...(attack.families ?? [])].map((threat) => [attack.name, threat, attack] as const),
);

const may: Record<Access, readonly HarnessQuestion['ask'][]> = {
  gradient: ['gradient', 'scores', 'decision', 'judge'],
  score: ['scores', 'decision', 'judge'],
  decision: ['decision', 'judge'],
  none: ['judge'],
};

export interface Setting {
  attack: AttackDefinition;
  threat: ThreatName;
  shape: ImageShape;
  model: AnalyticModel;
  images: readonly LabelledImage[];
}

/** An affine model and noise images, labelled by it. */
export function settingOf(
  attack: AttackDefinition,
  threat: ThreatName,
  shape: ImageShape,
  classes: number,
  count: number,
): Setting {
  const model = affineModel(shape.channels * shape.height * shape.width, classes);
  return { attack, threat, shape, model, images: noiseImages(model, count) };
}

export interface Given {
  batchSize?: number;
  target?: 'random';
  seed?: number;
  reading?: Reading;
  seen?: (question: HarnessQuestion) => void;
}

/** Runs the attack and checks each point: inside ball ∩ box in float64 with no repair, and nothing asked beyond the attack's access. */
export async function run(
  { attack, threat, shape, model, images }: Setting,
  epsilons: readonly number[],
  { batchSize = 8, seed = 0, reading, target, seen }: Given = {},
): Promise<{ row: OutcomeRow; point: Float32Array }[]> {
  const asked = new Set<string>();
  const oracle = oracleOf(model, reading, (question) => {
    asked.add(question.ask);
    seen?.(question);
  });
  const results = await runAttack(
    {
      attack,
      norm: threat,
      epsilons,
      options: lightOptions(attack),
      shape,
      batchSize,
      seed,
      ...(target !== undefined && { target }),
    },
    images,
    oracle,
  );
  expect(results).toHaveLength(images.length * epsilons.length);
  const byId = new Map(images.map((image) => [image.id, image.image]));
  for (const [index, { row, point }] of results.entries()) {
    expect(row.violation).toBeUndefined();
    expect(inBox(point)).toBe(true);
    if (threat === 'rotation-translation') continue;
    const around = threatAround(byId.get(row.example) as Float32Array, threat, Number.POSITIVE_INFINITY, shape);
    const distance = around.distance(point);
    expect(distance).toBeLessThanOrEqual(epsilons[index % epsilons.length] + 1e-6);
  }
  for (const kind of asked) expect(may[attack.access]).toContain(kind);
  return results;
}
