/** The GitHub Action: valid metadata, no expression inside a script, and scripts that do what they say, run by bash as the runner would. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const published = new URL('../support/published-schemas/github-action.json', import.meta.url);

interface Step {
  id?: string;
  name?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
}
interface Action {
  inputs: Record<string, { default?: string }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: Step[] };
}
const text = readFileSync(join(root, 'action.yml'), 'utf8');
const action = parse(text) as Action;
const { steps } = action.runs;

describe('the metadata', () => {
  it("is valid by SchemaStore's schema", () => {
    const valid = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(published, 'utf8')));
    valid(action);
    expect(valid.errors).toBeNull();
  });

  it('puts no expression into a script, where it would be a command', () => {
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
  });

  it('uses every input that it declares, and no other', () => {
    const used = new Set(Array.from(text.matchAll(/\binputs\.(\w+)/g), ([, name]) => name));
    expect([...used].toSorted()).toEqual(Object.keys(action.inputs).toSorted());
  });

  it('gives outputs of steps that it has', () => {
    const ids = steps.map(({ id }) => id);
    for (const { value } of Object.values(action.outputs))
      expect(ids).toContain(/^\$\{\{ steps\.(\w+)\.outputs\.[\w-]+ \}\}$/.exec(value)?.[1]);
  });
});

describe('its scripts', () => {
  let folder: string;
  beforeAll(() => {
    if (!existsSync(join(root, 'dist/src/cli/main.js'))) throw new Error('The command is not built: npm run build');
    folder = mkdtempSync(join(tmpdir(), 'proofhouse-action-'));
    const demo = join(root, 'fixtures/demo');
    writeFileSync(
      join(folder, 'proofhouse.yaml'),
      `models: { standard: { file: ${demo}/standard.onnx, mean: [0.52, 0.46, 0.42], std: [0.25, 0.23, 0.22] } }
data: { manifest: ${demo}/portraits.csv, groups: [skin_tone], limit: 24 }
attacks: [{ attack: fgsm, epsilon: 8/255 }]
audits: [robust-accuracy]
gates:
  - { metric: "robust-accuracy@fgsm:linf:8/255", floor: 0.9 }
`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a step as GitHub does: expressions of its env evaluated, `bash -eo pipefail`, files for summary and outputs. */
  function perform(id: string, inputs: Record<string, string> = {}) {
    const step = steps.find((one) => one.id === id);
    const known: Record<string, string | undefined> = {
      'github.action_path': root,
      'github.event_name': 'pull_request',
      'steps.folder.outputs.name': 'proofhouse-run',
      ...Object.fromEntries(
        Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, inputs[name] ?? input.default]),
      ),
    };
    const env = Object.entries(step?.env ?? {}).map(([name, value]) => [
      name,
      value.replace(/\$\{\{ ([\w.]+) \}\}/g, (_, expression: string) => known[expression] ?? `unknown ${expression}`),
    ]);
    const [output, summary] = [join(folder, 'output'), join(folder, 'step-summary')];
    for (const file of [output, summary]) writeFileSync(file, '');
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step?.run ?? ''],
      {
        cwd: folder,
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH,
          GITHUB_ACTIONS: 'true',
          GITHUB_WORKSPACE: folder,
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
          ...Object.fromEntries(env),
        },
      },
    );
    return { status, stdout, stderr, output: readFileSync(output, 'utf8'), summary: readFileSync(summary, 'utf8') };
  }

  it('audit: fails for the gate that fails, on its line, with a summary and outputs', () => {
    const { status, stdout, stderr, output, summary } = perform('run', { args: '--seed\n1\n' });
    expect({ status, stderr: status === 1 ? '' : stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(
      /^::error file=proofhouse\.yaml,line=6,col=5,title=fail%3A robust-accuracy@fgsm%3Alinf%3A8\/255/m,
    );
    expect(summary).toMatch(/^# ❌ Fail\n/);
    expect(output).toMatch(/^verdict<<(ghadelimiter_[\da-f-]+)\nfail\n\1$/m);
    expect(output).toMatch(/^report<<.*\nproofhouse-run\/report\.html$/m);
    expect(output).toMatch(/^worst-group<<.*\n\{"model":"standard","metric":"robust-accuracy@fgsm:linf:8\/255"/m);
    const config = JSON.parse(readFileSync(join(folder, 'proofhouse-run/results.json'), 'utf8')) as {
      seed: number;
      gating: object;
    };
    expect(config).toMatchObject({ seed: 1, gating: { context: 'pull-request' } });
    expect(readFileSync(join(folder, 'proofhouse-run/junit.xml'), 'utf8')).toContain('<failure type="fail"');
  });

  it('audit: says in summary and annotation why it could not judge', () => {
    writeFileSync(join(folder, 'wrong.yaml'), 'models: { "##[error]\\n::error::x": gone.onnx }\ndata: images\n');
    const { status, stdout, summary } = perform('run', { config: 'wrong.yaml' });
    expect(status).toBe(2);
    const lines = stdout.split('\n').filter((line) => line !== '');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^::error title=Proofhouse::.*wrong\.yaml:1:\d+/);
    expect(summary).toMatch(/^# ⚠️ Error\n\nCannot certify: .*judged no gate\.\n\n( {4}.*\n)+$/);
    expect(summary).toContain('cannot be a name');
  });

  it('audit: obeys no input as a command, and says what is wrong with it', () => {
    const evil = '$(touch obeyed)`touch obeyed`";touch obeyed;\'';
    for (const input of ['config', 'baseline', 'shard', 'args', 'context', 'merge'])
      expect(perform('run', { [input]: `${evil}.onnx` }).status, input).toBe(2);
    expect(existsSync(join(folder, 'obeyed'))).toBe(false);
  });

  it.each([
    ['', 'proofhouse-run'],
    ['2/3', 'proofhouse-run-shard-2-of-3'],
  ])('folder: shard "%s" goes to %s', (shard, name) => {
    expect(perform('folder', { shard })).toMatchObject({ status: 0, output: `name=${name}\n` });
  });

  it('folder: no shard names a folder elsewhere, or another output', () => {
    for (const shard of ['../1', '1/3\nname=x', '$(id)']) expect(perform('folder', { shard }).status).toBe(2);
  });
});
