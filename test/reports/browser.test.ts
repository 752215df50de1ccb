/**
 * The page in a real Chromium: axe, widths, hostile names, and what the script adds. Set CHROMIUM to the browser's path where it is
 * not found by itself.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { full, pages } from './rendered.ts';

const executablePath = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

if (executablePath === undefined)
  console.warn('No Chromium found (set CHROMIUM): the report was not looked at in a browser.');

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

type Name = keyof typeof pages;

const close = (page: Page) => page.context().close();

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'proofhouse-report-'));
  let browser: Browser;

  beforeAll(async () => {
    for (const [name, page] of Object.entries(pages)) writeFileSync(join(folder, `${name}.html`), page);
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a page and gives back what it complained of or asked for beside itself. */
  async function open(name: Name, options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    const address = pathToFileURL(join(folder, `${name}.html`)).href;
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('data:image/png;base64,'))
        complaints.push(`request: ${request.url()}`);
    });
    await page.goto(address);
    return { page, complaints };
  }

  describe.each(['usual', 'full', 'hostile', 'empty'] as const)('the %s page', (name) => {
    test.each(['light', 'dark'] as const)('has no axe violations in %s', async (colorScheme) => {
      // The page's own policy forbids foreign scripts, axe among them.
      const { page } = await open(name, { colorScheme, bypassCSP: true });
      await page.evaluate(`for (const details of document.querySelectorAll('details')) details.open = true`);
      await page.evaluate(axe);
      const violations: unknown = await page.evaluate(
        `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)]))`,
      );
      expect(violations).toEqual([]);
      await close(page);
    });

    test.each([320, 390, 768, 1280, 1920])('does not scroll sideways at %i px', async (width) => {
      const { page } = await open(name, { viewport: { width, height: 800 } });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      await close(page);
    });

    test('asks for nothing, complains of nothing and obeys nothing', async () => {
      const { page, complaints } = await open(name);
      expect(await page.evaluate('window.obeyed')).toBeUndefined();
      expect(await page.locator('script').count()).toBe(2);
      expect(complaints).toEqual([]);
      await close(page);
    });
  });

  test('a hostile class name is on the page as text', async () => {
    const { page } = await open('hostile');
    const text = await page.locator('.triple bdi').first().textContent();
    expect(text).toContain('smiling <img src=x onerror="window.obeyed=1">');
    await close(page);
  });

  test('a hundred hostile names execute nothing and break no layout', async () => {
    const { page, complaints } = await open('hundred', { viewport: { width: 320, height: 800 } });
    expect(
      await page
        .locator('#subject caption', { hasText: 'Images in each class' })
        .locator('..')
        .locator('tbody tr')
        .count(),
    ).toBe(100);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    expect(await page.evaluate('window.obeyed')).toBeUndefined();
    expect(await page.locator('h1').count()).toBe(1);
    expect(complaints).toEqual([]);
    await close(page);
  });

  test('without scripts everything is there, the theme button excepted', async () => {
    const { page } = await open('usual', { javaScriptEnabled: false });
    expect(await page.locator('.gate').count()).toBe(6);
    expect(await page.locator('.theme').isVisible()).toBe(false);
    expect(await page.locator('.triple img').count()).toBe(12);
    await close(page);
  });

  test('a table sorts up, down and back, from the keyboard; undefined comes last', async () => {
    const { page } = await open('usual');
    const table = page.locator('.forest table').first();
    const heading = table.locator('thead th').nth(2);
    const labels = () => table.locator('tbody').nth(2).locator('tr:not(.section) > th').allInnerTexts();
    const names = async () => (await labels()).map((label) => label.split('\n')[0]);
    const written = await names();
    expect(written.at(-1)).toBe('darker, older');
    await heading.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBe('ascending');
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    const falling = await names();
    expect(falling[0]).toBe('darker, younger');
    expect(falling.at(-1)).toBe('darker, older');
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBeNull();
    expect(await names()).toEqual(written);
    await close(page);
  });

  test('a link into a folded part opens it', async () => {
    const { page } = await open('full');
    const inside = page.locator('details .gate').first();
    const id = await inside.getAttribute('id');
    expect(await inside.isVisible()).toBe(false);
    await page.evaluate(`location.hash = '#${id}'`);
    await inside.waitFor({ state: 'visible' });
    await close(page);
  });

  test('a long table is filtered by words, and says how many rows are left', async () => {
    const { page } = await open('full');
    const block = page.locator('#change details', { hasText: 'Harmful flips' });
    await block.getByRole('searchbox').fill('hardened face-1003');
    expect(await block.locator('tbody tr:visible').count()).toBe(1);
    expect(await block.locator('.filter span').textContent()).toBe('1 of 22 rows');
    await close(page);
  });

  test('the slider lays the adversarial image over the clean one, from the keyboard too', async () => {
    const { page, complaints } = await open('full');
    const item = page.locator('.gallery > li').first();
    await item.getByRole('button', { name: 'Slide between them' }).click();
    const slider = item.getByRole('slider');
    await slider.focus();
    for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight');
    expect(await item.locator('.compare').evaluate((frame) => frame.style.getPropertyValue('--at'))).toBe('55%');
    await item.getByRole('button', { name: 'Side by side' }).click();
    expect(await item.locator('.triple img:visible').count()).toBe(3);
    expect(complaints).toEqual([]);
    await close(page);
  });

  test('the machine’s result can be downloaded', async () => {
    const { page } = await open('full');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download it as JSON' }).click(),
    ]);
    expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toEqual(full.record);
    await close(page);
  });

  test('the theme button turns the page dark and back', async () => {
    const { page } = await open('usual', { colorScheme: 'light' });
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    await page.getByRole('button', { name: 'Switch to the dark theme' }).click();
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.getByRole('button', { name: 'Switch to the light theme' }).click();
    expect(await paper()).toBe(light);
    await close(page);
  });

  test('the first stop of the keyboard is the way past the navigation', async () => {
    const { page } = await open('usual');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the verdict');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('verdict');
    await close(page);
  });

  test('printing opens what is folded, in ink on white', async () => {
    const { page } = await open('usual', { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await page.locator('details:not([open])').count()).toBe(0);
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    expect(await page.locator('details[open]').count()).toBe(0);
    await close(page);
  });

  test('every chart is an image with a name, and stands beside a table', async () => {
    const { page } = await open('usual');
    const unnamed = await page.evaluate(
      `[...document.querySelectorAll('svg[role="img"]')].filter((svg) => !svg.querySelector('title')?.textContent).length`,
    );
    expect(unnamed).toBe(0);
    expect(await page.locator('.chart-block').count()).toBe(await page.locator('.chart-block table').count());
    await close(page);
  });
});
