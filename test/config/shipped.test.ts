/** The configs that come with Proofhouse are accepted, and the example attack does what it says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import randomSearch from '../../examples/attacks/random-search.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { loadConfig } from '../../src/config/source.ts';
import type { Asking } from '../../src/plugin/questions.ts';
import { createRandom } from '../../src/random.ts';
import { threatAround } from '../../src/threat/index.ts';
import { resolveTraining } from '../../src/training/config/resolve.ts';
import { project } from './project.ts';

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const shipped = {
  'fixtures/demo/proofhouse.yaml': text('fixtures/demo/proofhouse.yaml'),
  'fixtures/demo/card.yaml': text('fixtures/demo/card.yaml'),
  'examples/own-attack.yaml': text('examples/own-attack.yaml'),
  'examples/attacks/random-search.ts': text('examples/attacks/random-search.ts'),
  'fixtures/demo/portraits.csv': '',
  'fixtures/demo/standard.onnx': '',
  'fixtures/demo/hardened.onnx': '',
};

describe('a shipped config', () => {
  it.each(['fixtures/demo/proofhouse.yaml', 'examples/own-attack.yaml'])('%s is accepted', async (path) => {
    const source = await loadConfig(join(project(shipped), path));
    const run = await resolveConfig(source.raw, source);
    expect(run.series.length).toBeGreaterThan(0);
    const header = text('fixtures/demo/portraits.csv').split('\n')[0].split(',');
    const { path: image, label, groups } = run.data.columns;
    expect(header).toEqual(expect.arrayContaining([image, label].concat(groups)));
  });
});

it('the training example is accepted', async () => {
  const files = { ...shipped, 'examples/harden.yaml': text('examples/harden.yaml') };
  const source = await loadConfig(join(project(files), 'examples/harden.yaml'));
  const { plan } = await resolveTraining(source.raw, source);
  expect(plan.objective.name).toBe('trades');
});

const never = () => {
  throw new Error('it may ask for scores only');
};

describe('the example attack', () => {
  it('asks as often as it may, stays in the ball, and keeps the point with the lowest margin', () => {
    const image = new Float32Array(12).fill(0.5);
    const threat = threatAround(image, 'linf', 0.1);
    // A stand-in for a network: the true class is the more likely the brighter the first pixel.
    const margins: number[] = [];
    const scoresOf = function* (point: Float32Array): Asking<{ scores: Float32Array; achieved: boolean }> {
      yield { ask: 'scores', points: [point] };
      margins.push(point[0]);
      return { scores: Float32Array.of(point[0], 0), achieved: false };
    };
    const running = randomSearch.attack(
      {
        image,
        shape: { channels: 3, height: 2, width: 2 },
        label: 0,
        classes: 2,
        cleanScores: Float32Array.of(0.5, 0),
        threat,
        goal: { kind: 'leave', classes: [0] },
        random: createRandom('example'),
        stop: 'success',
        gradientOf: never,
        lossOf: never,
        gradientsOf: never,
        scoresOf,
        scoresOfAll: never,
        decisionOf: never,
        decisionsOf: never,
      },
      randomSearch.options.parse({ tries: 7 }),
    );
    let step = running.next();
    while (!step.done) step = running.next({ scores: [] });
    expect(margins).toHaveLength(7);
    const point = step.value;
    expect(threat.contains(point)).toBe(true);
    expect(point[0]).toBe(Math.min(...margins));
    expect(image).toEqual(new Float32Array(12).fill(0.5));
  });
});
