/** What `init` learns of data it knows nothing about. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeData } from '../../src/dataset/describe.ts';
import { complaint, flat, folderOf } from './files.ts';

it('describes a folder of classes', async () => {
  const small = await flat(4, 3);
  const folder = await folderOf({
    'dog/1.png': small,
    'cat/1.png': small,
    'cat/2.png': await flat(8, 8),
    'cat/x.txt': '',
    'cat/bad.png': '',
  });
  expect(await describeData(folder)).toEqual({
    kind: 'folder',
    classes: ['cat', 'dog'],
    integerLabels: false,
    examples: 4,
    perClass: [3, 1],
    sizes: [
      { width: 4, height: 3, channels: 3, images: 2 },
      { width: 8, height: 8, channels: 3, images: 1 },
    ],
    notes: ['Files that are not PNG, JPEG or WebP images in a class folder were ignored: 1 (".txt" 1).'],
  });
});

it('tells the columns of a manifest by their values and names', async () => {
  const lines = Array.from({ length: 60 }, (_, index) => {
    const file = `${index}.png`;
    return [`face-${index}`, file, index % 2 ? 'F' : 'M', ['10', '9', '2'][index % 3], index * 1.5, 'v1', ''].join(',');
  });
  const csv = ['face_id,image,sex,label,score,version,blank', ...lines].join('\n');
  const folder = await folderOf({ 'd.csv': csv, '0.png': await flat(4, 3), '55.png': await flat(1, 1) });
  expect(await describeData(join(folder, 'd.csv'))).toEqual({
    kind: 'manifest',
    classes: ['2', '9', '10'],
    integerLabels: true,
    examples: 60,
    perClass: [20, 20, 20],
    columns: { path: 'image', label: 'label', id: 'face_id', groups: ['sex'], others: ['score', 'version', 'blank'] },
    sizes: [{ width: 4, height: 3, channels: 3, images: 1 }],
    notes: [],
  });
});

it('says what it guessed', async () => {
  const csv = 'thumbnail,photo_file,smiling,tone\nt0.png,0.png,yes,a\nt1.png,1.png,no,b\nt2.png,2.png,no,c\n';
  const folder = await folderOf({ 'd.csv': csv });
  const { columns, notes, classes } = await describeData(join(folder, 'd.csv'));
  expect(columns).toMatchObject({ path: 'photo_file', label: 'smiling', groups: ['thumbnail', 'tone'] });
  expect(classes).toEqual(['no', 'yes']);
  expect(notes).toEqual([
    'No column is called label or class; "smiling" was taken for it.',
    '2 columns hold names of images; "photo_file" was taken.',
  ]);
});

it('refuses what is no data', async () => {
  const folder = await folderOf({
    'a.txt': '',
    'no-path.csv': 'x,y\n1,2\n',
    'no-label.csv': 'path\na.png\n',
    'none.csv': 'path,label\n',
  });
  expect(await complaint(describeData(join(folder, 'gone')))).toContain('does not exist');
  expect(await complaint(describeData(join(folder, 'a.txt')))).toContain('neither a folder nor a .csv file');
  expect(await complaint(describeData(join(folder, 'no-path.csv')))).toContain('Its columns: "x", "y"');
  expect(await complaint(describeData(join(folder, 'no-label.csv')))).toContain('can be the label');
  expect(await complaint(describeData(join(folder, 'none.csv')))).toContain('has a header and no rows');
  expect(await complaint(describeData(folder))).toContain('has no class folders');
});
