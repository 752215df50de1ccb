/** CSV manifests: what is read from good ones, and one bad one for each sentence a user can meet. */
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataPlan } from '../../src/config/plan.ts';
import { openDataset } from '../../src/dataset/open.ts';
import { complaint, flat, folderOf, manifestPlan, model } from './files.ts';

/** A folder with images a.png … d.png and this manifest, opened for a model of `logits` classes. */
async function open(csv: string | Uint8Array, more: Partial<DataPlan> = {}, logits = 2) {
  const picture = await flat(2, 2);
  const folder = await folderOf({
    'data.csv': csv,
    'a.png': picture,
    'b.png': picture,
    'c.png': picture,
    'd.png': picture,
  });
  return openDataset(manifestPlan(join(folder, 'data.csv'), more), model(logits));
}

const rows = async (csv: string, more: Partial<DataPlan> = {}, logits = 2) =>
  (await open(csv, more, logits)).examples.map(({ id, label, groups }) => ({ id, label, groups }));

const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('a good manifest', () => {
  it('gives ids, labels by sorted class name, and subgroups; a blank cell is unknown', async () => {
    const dataset = await open('path,label,sex,age\nb.png,dog,F,\na.png,cat,  ,old\n');
    expect(dataset).toMatchObject({ source: 'data.csv', classes: ['cat', 'dog'], groupColumns: ['sex', 'age'] });
    expect(dataset.examples).toEqual([
      { id: 'a.png', label: 0, groups: { age: 'old' }, file: expect.stringMatching(/a\.png$/) },
      { id: 'b.png', label: 1, groups: { sex: 'F' }, file: expect.stringMatching(/b\.png$/) },
    ]);
    expect(dataset.decode).toEqual({ shape: { channels: 3, height: 2, width: 2 }, resize: 'error' });
    expect(dataset.notes).toBeUndefined();
  });

  it('may have a BOM, CRLF or CR line ends, blank lines, quoted commas, quotes and line ends', async () => {
    const expected = [
      { id: 'a.png', label: 0, groups: { note: 'x,"y"\r\nz' } },
      { id: 'b.png', label: 1, groups: { note: 'n' } },
    ];
    const csv = 'path,label,note\r\na.png,cat,"x,""y""\r\nz"\r\n\r\nb.png,dog,n\r\n';
    expect(await rows(csv)).toEqual(expected);
    expect(await rows(`\ufeff${csv}`)).toEqual(expected);
    expect(await rows('path,label,note\ra.png,cat,"x,""y""\r\nz"\rb.png,dog,n')).toEqual(expected);
    expect(await rows('path,label,note\na.png,cat,"x,""y""\r\nz"\r\nb.png,dog,n')).toEqual(expected);
  });

  it('gives back any ids and groups that were written to it', async () => {
    const picture = await flat(2, 2);
    const folder = await folderOf({ 'a.png': picture });
    const text = fc.string({ unit: 'binary', maxLength: 12 });
    const filled = text.filter((value) => value.trim() !== '');
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ id: filled, group: text, label: fc.constantFrom('cat', 'dog') }), {
          selector: ({ id }) => id,
          minLength: 1,
          maxLength: 6,
        }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.constantFrom('', '\ufeff'),
        async (written, end, bom) => {
          const lines = written.map(({ id, group, label }) => [id, 'a.png', label, group].map(cell).join(','));
          await writeFile(join(folder, 'data.csv'), bom + ['id,path,label,group', ...lines].join(end));
          const plan = manifestPlan(join(folder, 'data.csv'), { classes: ['cat', 'dog'] });
          const read = (await openDataset(plan, model(2))).examples;
          const sorted = written.toSorted((a, b) => (a.id < b.id ? -1 : 1));
          expect(read.map(({ id }) => id)).toEqual(sorted.map(({ id }) => id));
          expect(read.map(({ label }) => label)).toEqual(sorted.map(({ label }) => (label === 'cat' ? 0 : 1)));
          expect(read.map(({ groups }) => groups.group)).toEqual(
            sorted.map(({ group }) => (group.trim() === '' ? undefined : group)),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps HTML, terminal escapes and path separators in names as data', async () => {
    const dataset = await open(
      'id,path,label,group\n../../<script>,a.png,<b>x</b>,\u001b[2J\nC:\\x/../y,b.png,a/b,"; rm -rf"\n',
    );
    expect(dataset.classes).toEqual(['<b>x</b>', 'a/b']);
    expect(dataset.examples.map(({ id, groups }) => [id, groups.group])).toEqual([
      ['../../<script>', '\u001b[2J'],
      ['C:\\x/../y', '; rm -rf'],
    ]);
  });

  it('is sorted by code units and then limited; files beyond the limit need not exist', async () => {
    const csv = 'id,path,label\na,a.png,0\nB,b.png,1\nä,c.png,0\nz,missing.png,0\n10,d.png,1\n9,a.png,1\n';
    const ids = async (limit: number) => (await open(csv, { limit })).examples.map(({ id }) => id);
    expect(await ids(4)).toEqual(['10', '9', 'B', 'a']);
    expect(await complaint(ids(5))).toContain('missing.png" does not exist');
  });

  it('takes paths as ids without needless parts, and the same image twice under two ids', async () => {
    expect((await open('path,label\n./a.png,0\n.//b.png,1\n')).examples.map(({ id }) => id)).toEqual([
      'a.png',
      'b.png',
    ]);
    expect((await open('id,path,label\n1,a.png,0\n2,a.png,1\n')).examples.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('uses the columns and the root the plan names, and only the groups it asks for', async () => {
    const picture = await flat(2, 2);
    const folder = await folderOf({
      'lists/d.csv': 'file,y,sex,age,key\nx/1.png,0,F,3,k\n',
      'images/x/1.png': picture,
    });
    const plan = manifestPlan(join(folder, 'lists/d.csv'), {
      columns: { path: 'file', label: 'y', id: 'key', groups: ['age'] },
      root: join(folder, 'images'),
      size: [7, 9],
      resize: 'cover',
    });
    const dataset = await openDataset(plan, model(2));
    expect(dataset.groupColumns).toEqual(['age']);
    expect(dataset.examples).toMatchObject([{ id: 'k', label: 0, groups: { age: '3' } }]);
    expect(dataset.decode).toEqual({ shape: { channels: 3, height: 7, width: 9 }, resize: 'cover' });
  });

  it('may have columns without a name, which are ignored and said to be', async () => {
    const dataset = await open(',path,label,sex\n0,a.png,0,F\n');
    expect(dataset.groupColumns).toEqual(['sex']);
    expect(dataset.notes).toEqual(['1 column of "data.csv" without a name ignored.']);
  });
});

describe('labels', () => {
  it('are indices when all are integers and none is a class name', async () => {
    expect((await open('path,label\na.png,1\nb.png,0\n')).classes).toEqual(['0', '1']);
    expect(await rows('path,label\na.png,2\n', { classes: ['x', 'y', 'z'] }, 3)).toMatchObject([{ label: 2 }]);
    expect(await rows('path,label\na.png,2\n', {}, 3)).toMatchObject([{ label: 2 }]);
  });

  it('are names when the classes are named by integers', async () => {
    expect(await rows('path,label\na.png,1\nb.png,0\n', { classes: ['1', '0'] })).toMatchObject([
      { label: 0 },
      { label: 1 },
    ]);
  });

  it('outside the classes are listed with their lines', async () => {
    const message = await complaint(open('path,label\na.png,cat\nb.png,dgo\nc.png,cow\n', { classes: ['cat', 'dog'] }));
    expect(message).toContain('2 labels are outside the classes:\n  line 3: "dgo"\n  line 4: "cow"');
    expect(message).toContain('Did you mean "dog"?');
    const integers = await complaint(open('path,label\na.png,0\nb.png,2\nc.png,-1\n'));
    expect(integers).toContain('line 3: "2"\n  line 4: "-1"');
    expect(integers).toContain('from 0 to 1');
    expect(await complaint(open('path,label\na.png,3\nb.png,0\n', { classes: ['3', '5'] }))).toContain('line 3: "0"');
  });

  it('must be as many classes as the model has logits', async () => {
    const message = await complaint(open('path,label\na.png,cat\nb.png,dog\n', {}, 10));
    expect(message).toContain('has 2 classes ("cat", "dog"), and the model has 10 logits');
    expect(message).toContain('data.classes');
    expect(await complaint(open('path,label\na.png,x\n', { classes: ['x'] }))).toContain('data.classes has 1 class');
    expect(await complaint(open('path,label\na.png,x\n', { classes: ['x', 'y', 'x'] }, 3))).toContain(
      '"x" more than once',
    );
  });
});

describe('a bad manifest', () => {
  it.each([
    ['', 'The CSV file "data.csv" is empty.'],
    ['\n\n', 'The CSV file "data.csv" is empty.'],
    ['path,label\n', 'has a header and no rows'],
    ['path,label,label\na.png,0,0\n', 'more than one column "label"'],
    ['path,lable\na.png,0\n', 'no column "label" (data.columns.label). Its columns: "path", "lable".'],
    ['path,lable\na.png,0\n', 'Did you mean "lable"?'],
    ['path;label\na.png;0\n', 'seems to be separated by ";"'],
    ['path,label\na.png,"0\n', 'begins at line 2: a double quote is opened and never closed'],
    ['path,label\na.png,0\nb.png,x"y\n', 'begins at line 3: a double quote inside a cell'],
    ['path,label\r\na.png,"x\r\ny"\r\nb.png,"0"1\r\n', 'begins at line 4: a double quote inside a cell'],
    [
      'path,label\na.png\nb.png,0\nc.png,0,1\n',
      '2 columns, but 2 rows of another length:\n  line 2: 1 field\n  line 4: 3 fields',
    ],
    ['path,label\r\n"a\r\n.png",0\r\n\r\nb.png\r\n', 'line 5: 1 field'],
    ['path,label\na.png,0\n ,1\n,0\n', 'column "path" of "data.csv" is blank in 2 rows:\n  line 3\n  line 4'],
    ['path,label\na.png,\n', 'column "label" of "data.csv" is blank in 1 row:\n  line 2'],
    ['id,path,label\n,a.png,0\n', 'column "id" of "data.csv" is blank'],
    [
      'id,path,label\nx,a.png,0\ny,b.png,0\nx,c.png,1\n',
      '1 id is used by more than one example:\n  "x": line 2, line 4',
    ],
    ['path,label\na.png,0\n./a.png,0\n', '"a.png": line 2, line 3'],
    ['path,label,constructor\na.png,0,x\n', 'reserved names: "constructor"'],
    ['path,label,__proto__\na.png,0,x\n', 'reserved names: "__proto__"'],
    ['path,label\nno.png,0\nneither.png,1\na.png,0\n', '2 images cannot be used:'],
    ['path,label\n/etc/passwd,0\n', '"/etc/passwd" is an absolute path'],
    ['path,label\nx/../../secret.png,0\n', '"x/../../secret.png" contains ".."'],
    ['path,label\n..\\secret.png,0\n', 'contains ".."'],
    ['path,label\na\0.png,0\n', '"a\\u0000.png" contains a NUL character'],
    [`path,label\n${'x'.repeat(5000)},0\n`, 'cannot be read (ENAMETOOLONG)'],
  ])('%j is explained', async (csv, sentence) => {
    expect(await complaint(open(csv))).toContain(sentence);
  });

  it('that is missing, a folder, not UTF-8 or has a missing group or id column is explained', async () => {
    const folder = await folderOf();
    expect(await complaint(openDataset(manifestPlan(join(folder, 'no.csv')), model(2)))).toContain('does not exist');
    expect(await complaint(openDataset(manifestPlan(folder), model(2)))).toContain('cannot be read (EISDIR)');
    expect(await complaint(open(Buffer.from('path,label\nä.png,0\n', 'latin1')))).toContain('is not UTF-8');
    expect(await complaint(open(Buffer.from('\ufeffpath,label\na.png,0\n', 'utf16le')))).toContain('is not UTF-8');
    const columns = { path: 'path', label: 'label' };
    const csv = 'path,label,skin_tone\na.png,0,x\n';
    expect(await complaint(open(csv, { columns: { ...columns, groups: ['skintone'] } }))).toContain(
      'Did you mean "skin_tone"?',
    );
    expect(await complaint(open(csv, { columns: { ...columns, id: 'key', groups: 'auto' } }))).toContain(
      '"key" (data.columns.id)',
    );
    expect(await complaint(open(csv, { root: join(folder, 'gone') }))).toContain('Check data.root');
  });

  it('lists 20 of many problems and counts the rest', async () => {
    const lines = Array.from({ length: 53 }, (_, index) => `gone-${String(index).padStart(2, '0')}.png,0`);
    const message = await complaint(open(`path,label\n${lines.join('\n')}\n`));
    expect(message).toContain('53 images cannot be used:');
    expect(message).toContain('gone-19.png" does not exist\n  … and 33 more');
    expect(message).not.toContain('gone-20.png');
  });

  it('cannot reach outside its root by a symbolic link, and may use one inside', async () => {
    const picture = await flat(2, 2);
    const outside = await folderOf({ 'secret.png': picture });
    const folder = await folderOf({
      'data.csv': 'path,label\nout.png,0\ndir/secret.png,1\nin.png,0\n',
      'a.png': picture,
    });
    await symlink(join(outside, 'secret.png'), join(folder, 'out.png'));
    await symlink(outside, join(folder, 'dir'));
    await symlink('a.png', join(folder, 'in.png'));
    const message = await complaint(openDataset(manifestPlan(join(folder, 'data.csv')), model(2)));
    expect(message).toContain('2 images cannot be used:');
    expect(message).toMatch(/secret\.png" is a symbolic link that leads out.*\n.*out\.png" is a symbolic link/);
    await writeFile(join(folder, 'data.csv'), 'path,label\nin.png,0\n');
    expect((await openDataset(manifestPlan(join(folder, 'data.csv')), model(2))).examples).toHaveLength(1);
  });

  it('does not let names move the cursor of a terminal', async () => {
    const message = await complaint(open('path,label\n\u001b[2J\u009b1A\u202e.png,0\n'));
    expect(message).toContain('\\u001b[2J\\u{9b}1A\\u{202e}.png');
    expect(message).not.toContain('\u001b');
  });
});

it('refuses a model of another number of channels, and a plan without data', async () => {
  const plan = manifestPlan('data.csv');
  expect(await complaint(openDataset(plan, { shape: { channels: 4, height: 2, width: 2 }, logits: 2 }))).toContain(
    '4 channels',
  );
  const { manifest: _, ...none } = plan;
  expect(await complaint(openDataset(none, model(2)))).toContain('No data is named');
});
