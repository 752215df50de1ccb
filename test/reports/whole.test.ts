/** The parts of the page that a baseline, a card, a history or a large record bring, against what their records say. */
import type { Change, ReportInput, RunRecord } from 'proofhouse/plugin';
import { describe, expect, test } from 'vitest';
import html from '../../reports/html/index.ts';
import { embeddedView } from '../../reports/html/view/embed.ts';
import { intersectionTables } from '../../reports/html/view/intersections.ts';
import { full, pages } from './rendered.ts';

const render = (change: Partial<RunRecord>, images: ReportInput['images'] = full.images) =>
  html.render({ record: { ...full.record, ...change }, images }, {});

/** The words of one section, without its markup. */
const section = (page: string, id: string) => {
  const start = page.indexOf(`<section id="${id}"`);
  return page
    .slice(start, page.indexOf('\n</section>', start))
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
};

const gateText = (page: string, id: string) => {
  const start = page.indexOf(`id="${id}"`);
  return page.slice(start, page.indexOf('</li>', start));
};

describe('the first page', () => {
  test('parts come in the order in which readers need them', () => {
    const order = [
      'verdict',
      'gates',
      'trust',
      'robustness',
      'groups',
      'change',
      'gallery',
      'sight',
      'history',
      'card',
    ];
    const places = [...order, 'subject', 'reproduce'].map((id) =>
      pages.full.search(new RegExp(`<section [^>]*id="${id}"`)),
    );
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('a report-only run, a run that stopped early and accepted risks say so before any gate', () => {
    const first = pages.full.slice(0, pages.full.indexOf('<section id="gates"'));
    expect(first).toContain('Report only');
    expect(first).toContain('480 of 2,000 images');
    expect(first).toContain('holds as recorded');
    expect(first).toContain('Do not rely on the numbers below: 2 of 10 checks of the evaluation fail.');
    expect(first).toContain('the norms L2, L1, L0');
  });

  test('what could not be judged, and too little evidence, are no certificate', () => {
    for (const status of ['error', 'inconclusive'] as const)
      expect(render({ verdict: { status, sentence: 'S.' } })).toContain('<h1 id="verdict-word">Cannot certify</h1>');
  });
});

describe('what decided it', () => {
  test('a gate shows its evidence worst first, what to do, where it is declared and where to read on', () => {
    const gate = gateText(pages.full, 'gate-2');
    for (const said of ['a drop of at most 1 point', 'proofhouse.yaml:31', 'href="#change"', 'What to do:'])
      expect(gate).toContain(said);
    const [, parts] = /What it rests on([^]*?)<\/table>/.exec(pages.full) ?? [];
    expect([...(parts ?? '').matchAll(/class="is-(\w+) kind"/g)].map(([, kind]) => kind)).toEqual([
      'fail',
      'inconclusive',
      'pass',
    ]);
  });

  test('a floor on an accuracy that was compared shows where the baseline stood', () => {
    // 200 stood before and now, 22 before alone, of 480.
    expect(pages.full).toContain(`baseline ${((222 / 480) * 100).toFixed(1)}\u00a0%`);
  });

  test('what cannot block is folded and counted', () => {
    const aside = pages.full.indexOf('Beside these, 1 is an accepted risk, 1 of level warn holds, 1 does not apply');
    expect(aside).toBeGreaterThan(0);
    expect(pages.full.indexOf('Accepted by model-safety until 2027-01-31')).toBeGreaterThan(aside);
    expect(pages.full).toContain('1 rule is switched off');
  });
});

describe('change since the baseline', () => {
  test('counts of flips are those of the lists, however long, and the page names only the first', () => {
    const changes = full.record.changes ?? [];
    const paired = changes[1].paired as NonNullable<Change['paired']>;
    const regressed = Array.from({ length: 5000 }, (_, index) => `image-${index}.png`);
    const page = render({ changes: [{ ...changes[1], paired: { ...paired, total: 10_000, regressed } }] });
    expect(section(page, 'change')).toContain('right before 200 5,000 wrong before 8 250');
    expect(section(page, 'change')).toContain('the first 60 of 5,000');
    expect(section(page, 'change')).not.toContain('image-3000.png');
  });

  test('one example moved by two evaluations is one harmful flip that names both', () => {
    expect(section(pages.full, 'change')).toMatch(/smiling\/face-1000\.png \S* ?hardened \S* ?Clean, PGD, L∞ 8\/255/);
    // 4 clean flips are among the 22 under attack.
    expect(section(pages.full, 'change')).toContain('Harmful flips (22)');
  });

  test('what cannot be compared says what differs, and draws no matrix', () => {
    expect(section(pages.full, 'change')).toContain(
      'Not comparable: standard, PGD, L∞ 4/255. the attack’s options: steps 20 before',
    );
  });
});

describe('history and card', () => {
  test('values over other data are hollow and unjoined', () => {
    const [, spark] = /<p class="spark">([^]*?)<\/p>/.exec(pages.full) ?? [];
    // Two runs over other data, five over these: one stroke of five points.
    expect(spark?.match(/class="other"/g)).toHaveLength(2);
    expect(/class="line" d="(M[^"]*)"/.exec(spark ?? '')?.[1].match(/[ML]/g)).toEqual(['M', 'L', 'L', 'L', 'L']);
  });

  test('a field that a card needs and does not have is a gap', () => {
    const card = section(pages.full, 'card');
    expect(card).toContain('1 field that a card needs is empty');
    expect(card).toContain('Threat model Not stated. A reader cannot know it from this report. Contact Not stated.');
    expect(card).toContain('Faces smaller than 48 pixels. Profiles.');
    expect(section(pages.usual, 'card')).toContain('No card came with this run');
  });
});

describe('what a page can bear', () => {
  test('pictures beyond its measure are kept out, by name', () => {
    const large = new Map([...full.images.keys()].map((name) => [name, new Uint8Array(300_000)]));
    const page = render({}, large);
    expect(page.match(/data:image/g)).toHaveLength(1);
    expect(page).toContain('kept out to keep this page small: images/');
    expect(Buffer.byteLength(page)).toBeLessThan(1_500_000);
  });

  test('a small record is embedded whole; a large one with its long lists cut, counted, beside the digest of all of it', () => {
    expect(embeddedView(full.record)).toMatchObject({
      json: JSON.stringify(full.record).replaceAll('<', '\\u003c'),
      cut: null,
    });
    const notes = Array.from({ length: 50_000 }, (_, index) => `note ${index}`);
    const large = { ...full.record, notes };
    const view = embeddedView(large);
    const { trimmed, ...rest } = JSON.parse(view.json);
    expect(view.json.length).toBeLessThanOrEqual(300_000);
    expect(trimmed).toEqual({ sha256: view.sha256, lists: { '/notes': 50_000 } });
    expect(rest.notes).toEqual(notes.slice(0, rest.notes.length));
    expect(rest.gates).toEqual(JSON.parse(JSON.stringify(large.gates)));
    expect(view.sha256).not.toBe(embeddedView({ ...large, seed: 1 }).sha256);
  });
});

describe('two columns crossed', () => {
  const [{ metrics }] = full.record.findings.filter(({ audit }) => audit === 'subgroup-fnr');
  const tables = intersectionTables(metrics, full.record);

  test('clean and worst case of each model, every cell with its n', () => {
    expect(tables.map(({ caption }) => caption)).toEqual(
      ['standard', 'hardened'].flatMap((model) => [`fnr@clean · ${model}`, `fnr@worst:linf:8/255 · ${model}`]),
    );
    const [{ rows }] = tables[0].bodies;
    expect(rows.map(({ cells }) => cells.slice(1).map(({ text, small }) => [text, small]))[0]).toEqual([
      ['5.0\u00a0%', 'n = 60'],
      ['11.7\u00a0%', 'n = 60'],
    ]);
  });

  test('the worst rate has the deepest shade, and few cases have none', () => {
    const shades = tables[0].bodies[0].rows.map(({ cells }) => cells.slice(1).map(({ heat }) => heat));
    expect(shades[0][0]).toBe('heat-1');
    expect(shades[2]).toEqual(['heat-5', 'heat-few']);
  });

  test('fewer than ten cases have their number, and no rate that someone could read', () => {
    const [table] = intersectionTables(
      metrics.map((metric, index) => (index % 2 === 0 ? metric : { ...metric, total: 9 })),
      full.record,
    );
    const cells = table.bodies[0].rows.flatMap((row) => row.cells.slice(1)).filter(({ small }) => small === 'n = 9');
    expect(cells.length).toBeGreaterThan(0);
    for (const { text, heat, sort } of cells) expect([text, heat, sort]).toEqual(['too few', 'heat-few', '']);
  });
});

test('maps of what the network sees stand in two rows, and go with the pictures when those are redacted', () => {
  // Image, saliency and two layers, clean and adversarial, of two examples.
  expect(pages.full.slice(pages.full.indexOf('<section id="sight"')).match(/<td><img/g)).toHaveLength(16);
  const redacted = render({ gallery: { ...full.record.gallery, mode: 'redact' } });
  expect(redacted).not.toContain('data:image');
});
