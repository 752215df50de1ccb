/** Class folders: what counts as an image, what order classes have, and what is refused. */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DataPlan } from '../../src/config/plan.ts';
import { openDataset } from '../../src/dataset/open.ts';
import { complaint, flat, folderOf, folderPlan, model } from './files.ts';

/** A folder with (undecoded) files of these names, opened for a model of `logits` classes. */
async function open(files: readonly string[], more: Partial<DataPlan> = {}, logits = 2) {
  const folder = await folderOf(Object.fromEntries(files.map((file) => [file, 'x'])));
  return openDataset(folderPlan(folder, more), model(logits));
}

describe('a data folder', () => {
  it('gives classes and examples in code-unit order, ids with slashes, no subgroups', async () => {
    const dataset = await open(['dog/b.png', 'cat/z.JPG', 'cat/deep/er/a.webp', 'dog/A.jpeg', 'dog/ä.png']);
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect(dataset.groupColumns).toEqual([]);
    expect(dataset.examples.map(({ id, label, groups }) => [id, label, groups])).toEqual([
      ['cat/deep/er/a.webp', 0, {}],
      ['cat/z.JPG', 0, {}],
      ['dog/A.jpeg', 1, {}],
      ['dog/b.png', 1, {}],
      ['dog/ä.png', 1, {}],
    ]);
    expect(dataset.notes).toBeUndefined();
  });

  it('skips hidden files, and counts files of other types', async () => {
    const dataset = await open([
      'a/1.png',
      'b/2.gif',
      'b/3.GIF',
      'b/4.svg',
      'a/.hidden.png',
      '.git/x.png',
      'README',
      'top.png',
    ]);
    expect(dataset.examples.map(({ id }) => id)).toEqual(['a/1.png']);
    expect(dataset.classes).toEqual(['a', 'b']);
    expect(dataset.notes).toEqual([
      'Files that are not PNG, JPEG or WebP images in a class folder were ignored: 5 (no extension 1, ".gif" 2, ".png" 1, ".svg" 1).',
    ]);
  });

  it('takes the order of classes from the plan, and a class may have no folder', async () => {
    const { classes, examples } = await open(['cat/1.png', 'dog/1.png'], { classes: ['dog', 'emu', 'cat'] }, 3);
    expect(classes).toEqual(['dog', 'emu', 'cat']);
    expect(examples.map(({ label }) => label)).toEqual([2, 0]);
  });

  it('keeps HTML and terminal escapes in names as data, and escapes them in messages', async () => {
    const files = ['<img src=x>/\u001b[31m.png', "a'b/1.png"];
    const dataset = await open(files);
    expect(dataset.examples.map(({ id }) => id)).toEqual(files);
    const message = await complaint(open(['\u001b[31m/1.png']));
    expect(message).toContain('"\\u001b[31m"');
    expect(message).not.toContain('\u001b');
  });

  it('is limited after sorting', async () => {
    expect((await open(['a/2.png', 'b/1.png', 'a/1.png'], { limit: 2 })).examples.map(({ id }) => id)).toEqual([
      'a/1.png',
      'a/2.png',
    ]);
  });
});

describe('a bad data folder', () => {
  it('is explained', async () => {
    expect(await complaint(open(['a/1.png', 'b/1.png', 'c/1.png']))).toMatch(
      /has 3 classes \("a", "b", "c"\), and the model has 2 logits/,
    );
    expect(await complaint(open(['1.png', '2.png']))).toContain('has no class folders');
    expect(await complaint(open(['a/1.gif', 'b/2.txt']))).toMatch(/no PNG, JPEG or WebP images in them\. .*ignored: 2/);
    expect(await complaint(open(['cat/1.png', 'dgo/1.png'], { classes: ['cat', 'dog'] }))).toMatch(
      /1 folder that is no class:\n {2}"dgo"[^]*Did you mean "dog"/,
    );
    const folder = await folderOf({ 'x.csv': '', 'x.txt': '' });
    expect(await complaint(openDataset(folderPlan(join(folder, 'no')), model(2)))).toContain('does not exist');
    expect(await complaint(openDataset(folderPlan(join(folder, 'x.txt')), model(2)))).toContain('is a file');
    expect(await complaint(openDataset(folderPlan(join(folder, 'x.csv')), model(2)))).toContain('data.manifest');
  });

  it('with folders that are numbers must have one order only', async () => {
    const files = Array.from({ length: 11 }, (_, index) => `${index}/1.png`);
    expect((await open(files.slice(0, 10), {}, 10)).classes).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
    ]);
    expect(await complaint(open(files, {}, 11))).toContain('"0", "1", "10", "2"');
    const classes = files.map((file) => file.split('/')[0]);
    expect((await open(files, { classes }, 11)).examples.find(({ id }) => id === '10/1.png')?.label).toBe(10);
  });

  it('may hold links to files inside, and none to folders or out of it', async () => {
    const picture = await flat(2, 2);
    const outside = await folderOf({ 'secret.png': picture });
    const folder = await folderOf({ 'a/1.png': picture, 'b/2.png': picture });
    await symlink(join('..', 'a', '1.png'), join(folder, 'b', 'link.png'));
    expect((await openDataset(folderPlan(folder), model(2))).examples.map(({ id }) => id)).toEqual([
      'a/1.png',
      'b/2.png',
      'b/link.png',
    ]);
    await symlink(join(outside, 'secret.png'), join(folder, 'b', 'out.png'));
    await symlink('gone.png', join(folder, 'b', 'broken.png'));
    await symlink('..', join(folder, 'a', 'circle'));
    const message = await complaint(openDataset(folderPlan(folder), model(2)));
    expect(message).toContain('3 images cannot be used:');
    expect(message).toContain('out.png" is a symbolic link that leads out of the data folder');
    expect(message).toContain('broken.png" does not exist');
    expect(message).toContain('circle" is a link to a folder');
  });

  it('is opened through a link to itself', async () => {
    const picture = await flat(2, 2);
    const folder = await folderOf({ 'data/a/1.png': picture });
    await mkdir(join(folder, 'data', 'b'));
    await symlink('data', join(folder, 'link'));
    expect((await openDataset(folderPlan(join(folder, 'link')), model(2))).examples).toHaveLength(1);
  });
});
