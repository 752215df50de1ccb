import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit, auditShard } from '../../src/audit.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { loadPlugins } from '../../src/plugins.ts';
import { openRun } from '../../src/run/open.ts';
import { rejudgeFolder } from '../../src/run/rejudge.ts';
import { renderAgain } from '../../src/run/render-again.ts';
import { verify } from '../../src/verify.ts';
import { bytesOf, differing, projectFolder, resolved, smallAudit } from './folders.ts';

const config = { ...smallAudit(6), audits: ['robust-accuracy'] };
let folder: string;
const at = (name: string) => join(folder, name);

async function copy(name: string): Promise<string> {
  await cp(at('run'), at(name), { recursive: true });
  return at(name);
}

/** Changes a file of a run and makes its digest agree again. */
async function forge(run: string, file: string, change: (text: string) => string): Promise<void> {
  const text = change(await readFile(join(run, file), 'utf8'));
  await writeFile(join(run, file), text);
  const digests = JSON.parse(await readFile(join(run, 'digests.json'), 'utf8'));
  digests.files[file] = createHash('sha256').update(text).digest('hex');
  await writeFile(join(run, 'digests.json'), JSON.stringify(digests));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-verify-test-'));
  await audit(await resolved(config, at('run')));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('digests.json', () => {
  it('holds the SHA-256 of every file but the log and itself', async () => {
    const { files } = JSON.parse(await readFile(join(at('run'), 'digests.json'), 'utf8'));
    const bytes = await bytesOf(at('run'));
    bytes.delete('digests.json');
    const expected = [...bytes].map(([file, content]) => [
      file,
      createHash('sha256').update(Buffer.from(content, 'latin1')).digest('hex'),
    ]);
    expect(files).toEqual(Object.fromEntries(expected));
  });
});

describe('verify', () => {
  it('confirms a run, and a shard', async () => {
    expect((await verify(at('run'), await resolved(config, at('elsewhere')))).difference).toBeUndefined();
    await auditShard(await resolved(config, at('shard')), { index: 1, count: 2 });
    expect((await verify(at('shard'), await resolved(config, at('elsewhere')))).difference).toBeUndefined();
    expect(await readdir(folder)).not.toContain('elsewhere');
  });

  it("confirms from the manifest's own config, as `verify` does without a file", async () => {
    const { manifest } = await openRun(at('run'));
    const again = await resolveConfig(manifest.config, { base: projectFolder });
    expect((await verify(at('run'), again)).difference).toBeUndefined();
  });

  it('says which file was changed since', async () => {
    const run = await copy('edited');
    await writeFile(join(run, 'summary.md'), 'All is well.');
    expect((await verify(run, await resolved(config, at('x')))).difference).toEqual({
      file: 'summary.md',
      detail: 'it was changed since the run wrote it',
    });
    await rm(join(run, 'summary.md'));
    expect((await verify(run, await resolved(config, at('x')))).difference?.detail).toBe(
      'it is gone from the run folder',
    );
  });

  it('names row, field and both values of a forged outcome', async () => {
    const run = await copy('forged');
    await forge(run, 'outcomes.ndjson', (text) => text.replace(/"confidence":[\d.]+/, '"confidence":0.125'));
    const [firstRow] = (await readFile(join(at('run'), 'outcomes.ndjson'), 'utf8')).split('\n');
    const { example, confidence } = JSON.parse(firstRow);
    expect((await verify(run, await resolved(config, at('x')))).difference).toEqual({
      file: 'outcomes.ndjson',
      detail: `line 1, "${example}" under clean on standard: confidence is 0.125 in the run, ${confidence} in the repetition`,
    });
  });

  it('names the line of a forged verdict', async () => {
    const run = await copy('verdict');
    await forge(run, 'results.json', (text) => text.replace('"status": "fail"', '"status": "pass"'));
    const difference = (await verify(run, await resolved(config, at('x')))).difference;
    expect(difference?.file).toBe('results.json');
    expect(difference?.detail).toMatch(
      /^line \d+: "status": "pass",? in the run, "status": "fail",? in the repetition$/,
    );
  });

  it('confirms what was measured where the gates were judged again, and that no more', async () => {
    const run = await copy('judged again');
    const source = { raw: { ...config, gates: [] }, base: projectFolder, locate: () => 'p.yaml' };
    await rejudgeFolder(run, source, {});
    const confirmed = await verify(run, await resolved(config, at('x')));
    expect(confirmed).toMatchObject({ rejudged: true });
    expect(confirmed.difference).toBeUndefined();
    await forge(run, 'results.json', (text) => text.replace(/"value": 0\.\d+/, '"value": 0.123'));
    const { difference } = await verify(run, await resolved(config, at('x')));
    expect(difference).toEqual({ file: 'results.json', detail: 'its findings differ in the repetition' });
  });

  it('attacks nothing where config, models or data are others', async () => {
    const stages: string[] = [];
    const onEvent = (event: { type: string; name?: string }) => stages.push(event.name ?? '');
    const verifying = async (other: Partial<typeof config>) =>
      verify(at('run'), await resolved({ ...config, ...other }, at('x')), { onEvent });
    await expect(verifying({ seed: 4 })).rejects.toThrow('seed (0 then, 4 now); seed in the config');
    await expect(verifying({ gates: [] })).rejects.toThrow('this differs: gates in the config');
    await expect(verifying({ data: { ...(config.data as object), limit: 7 } })).rejects.toThrow('these differ: data (');
    expect(stages).not.toContain('attacking');
  });
});

describe('report', () => {
  it('renders the same bytes again', async () => {
    const plugins = await loadPlugins([], folder);
    const written = await renderAgain(at('run'), { output: at('again'), plugins });
    expect(written).toEqual(['report.html', 'summary.md', 'junit.xml']);
    const [then, now] = [await bytesOf(at('run')), await bytesOf(at('again'))];
    for (const file of written) expect(now.get(file) === then.get(file), file).toBe(true);
    expect(differing(now, new Map([...then].filter(([file]) => written.includes(file))))).toEqual([]);
    await expect(renderAgain(at('run'), { names: ['htlm'], output: at('again'), plugins })).rejects.toThrow(
      'There is no report "htlm". Did you mean "html"?',
    );
  });

  it.each([
    ['{"schemaVersion": 2}', 'results.json is of schema version 2; this Proofhouse reads up to 1.'],
    ['{"schemaVersion": 1, "gates": 3}', 'results.json is not what Proofhouse writes: it must have required property'],
    ['null', 'results.json is not a result of Proofhouse'],
    ['{', 'results.json is not JSON'],
  ])('refuses results.json that is %s', async (text, message) => {
    const run = at('refused');
    await cp(at('run'), run, { recursive: true });
    await writeFile(join(run, 'results.json'), text);
    const rendering = renderAgain(run, { output: run, plugins: await loadPlugins([], folder) });
    await expect(rendering).rejects.toThrow(message);
    await expect(openRun(run)).rejects.toThrow(message);
  });

  it('reads no picture from outside the run', async () => {
    const run = await copy('escaping');
    const results = await readFile(join(run, 'results.json'), 'utf8');
    await writeFile(join(run, 'results.json'), results.replaceAll(/"image": "[^"]+"/g, '"image": "../../secret.png"'));
    const rendering = renderAgain(run, { output: run, plugins: await loadPlugins([], folder) });
    await expect(rendering).rejects.toThrow('which no run writes');
  });
});
