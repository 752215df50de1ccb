/** The report of a training: what it says, that hostile names stay text, that it runs no script, and that a browser and axe find nothing wrong with it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import render from '../../reports/training-html/index.ts';
import type { EpochRecord, TrainingRecord } from '../../src/plugin/training-record.ts';
import { HOSTILE } from './rendered.ts';

/** A training of some epochs whose robust accuracy peaks in the third. */
function recordWith(change: Partial<TrainingRecord> = {}, epochs = 5, name = ''): TrainingRecord {
  const curves = Array.from(
    { length: epochs },
    (_, index): EpochRecord => ({
      epoch: index + 1,
      learningRate: 0.1 / (index + 1),
      trainLoss: 2 / (index + 1),
      trainAccuracy: [0.5],
      cleanAccuracy: 0.8,
      robustAccuracy: 0.5 - 0.05 * Math.min(4, Math.abs(index - 2)),
      groups: ['darker', 'lighter'].map((value) => ({
        column: `skin_tone${name}`,
        value: `${value}${name}`,
        clean: 0.2,
        robust: value === 'darker' ? 0.75 : null,
        total: value === 'darker' ? 8 : 0,
      })),
    }),
  );
  return {
    schemaVersion: 1,
    proofhouse: '0.1.0',
    engine: { name: 'onnxruntime-node', version: '1.30.0', device: 'cpu', instructionSet: 'x64 avx2' },
    decoder: { sharp: '0.35' },
    command: `proofhouse train train.yaml${name}`,
    seed: 0,
    config: {
      objective: { name: 'pgd-at', options: { steps: 7 } },
      epochs,
      selection: { attack: { attack: 'pgd', norm: 'linf', epsilon: 8 / 255, options: { steps: 10 } } },
    },
    network: { name: `model.onnx${name}`, sha256: 'a'.repeat(64), trained: 54_626 },
    objective: { name: 'pgd-at', title: 'Adversarial training with PGD', reference: 'Madry et al. 2018' },
    data: {
      source: `faces.csv${name}`,
      sha256: 'b'.repeat(64),
      examples: 100,
      perClass: [50, 50],
      groupColumns: [{ name: `skin_tone${name}`, values: { [`darker${name}`]: 80 }, unknown: 20 }],
      shape: { channels: 3, height: 32, width: 32 },
      classes: [`neutral${name}`, 'smiling'],
      training: 90,
      heldOut: 10,
    },
    plugins: [],
    curves,
    best: 3,
    bestBy: 'robust-accuracy',
    end: { reason: 'complete', sentence: `All ${epochs} epochs were trained; epoch 3 is kept.` },
    model: { file: 'model.onnx', sha256: 'c'.repeat(64), bytes: 220_000 },
    notes: [`a note${name}`],
    ...change,
  };
}

const text = (html: string) =>
  html
    .replaceAll(/<style>.*?<\/style>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('the report of a training', () => {
  const record = recordWith();
  const html = render(record);

  test('says what is kept, how it fares, and that robust accuracy fell afterwards', () => {
    const said = text(html);
    expect(said).toContain('All 5 epochs were trained; epoch 3 is kept.');
    expect(said).toContain('epoch 3, kept');
    expect(said).toContain('epoch 5, the last');
    expect(said).toMatch(/Robust accuracy 50\.0\s% 40\.0\s%/);
    expect(said).toMatch(/Robust accuracy fell by 10\.0\s% from epoch 3 to the last/);
    for (const title of ['Training loss', 'Accuracy', 'Errors by skin_tone, attacked', 'Learning rate'])
      expect(said).toContain(title);
    for (const hash of ['a', 'b', 'c']) expect(said).toContain(hash.repeat(64));
  });

  test('draws each figure at its height: a loss of 2 is at the top, and one of 1 half-way', () => {
    const [, chart] = /aria-labelledby="loss-t loss-d">(.*?)<\/svg>/s.exec(html) ?? [];
    const heights = [...(chart ?? '').matchAll(/translate\([\d.]+ ([\d.]+)\)/g)].map(([, y]) => Number(y));
    // The plot runs from 12 at the top, which is 2, to 266 at the bottom, which is 0.
    expect(heights).toHaveLength(5);
    for (const [index, y] of heights.entries()) expect(y).toBeCloseTo(266 - (254 / 2) * (2 / (index + 1)), 1);
  });

  test('is the same for the same record, and runs nothing', () => {
    expect(render(recordWith())).toBe(html);
    expect(html).not.toContain('<script');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toContain('script-src');
  });

  test('a hundred epochs are thinned out on the charts, and the kept one stays', () => {
    const long = render(recordWith({ best: 98 }, 100));
    const [, chart] = /aria-labelledby="accuracy-t accuracy-d">(.*?)<\/svg>/s.exec(long) ?? [];
    expect((chart?.match(/class="marker"/g) ?? []).length).toBeLessThan(3 * 62);
    expect(chart).toContain('held out, attacked, 98: ');
  });

  test.each([
    ['patience', 'Stopped early'],
    ['collapse', 'Stopped by the guard'],
    ['diverged', 'Diverged'],
  ] as const)('a training that ended by %s is headed %s', (reason, word) => {
    const page = render(recordWith({ end: { reason, sentence: 'Why.' } }));
    expect(page).toContain(`<h1 id="verdict-word">${word}</h1>`);
  });
});

const executablePath = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined)
  console.warn('No Chromium found (set CHROMIUM): the report of a training was not looked at in a browser.');

test.skipIf(executablePath === undefined)(
  'in Chromium, axe finds nothing, and nothing hostile is obeyed or asked for',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'proofhouse-training-report-'));
    const browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
    try {
      const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      for (const [place, record] of [recordWith(), recordWith({}, 5, HOSTILE)].entries()) {
        const file = join(folder, `${place}.html`);
        writeFileSync(file, render(record));
        const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true });
        const page = await context.newPage();
        const asked: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(pathToFileURL(file).href);
        expect(await page.evaluate('window.obeyed')).toBeUndefined();
        expect(asked).toEqual([pathToFileURL(file).href]);
        await page.evaluate(`for (const details of document.querySelectorAll('details')) details.open = true`);
        await page.evaluate(axe);
        const violations: unknown = await page.evaluate(
          `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)]))`,
        );
        expect(violations).toEqual([]);
        await page.setViewportSize({ width: 360, height: 800 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
        await context.close();
      }
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true });
    }
  },
  30_000,
);
