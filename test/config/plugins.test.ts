/** Plugin files: what loads, what is refused and how the refusal reads. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { loadPlugins } from '../../src/plugins.ts';
import { auditInput } from '../audits/input.ts';
import { project } from './project.ts';

const attack = (name: string, change = '') => `
import { defineAttack, z } from 'proofhouse/plugin';
export default defineAttack({
  name: '${name}', title: 'Nothing at all', reference: 'none', access: 'none', threats: ['linf'],
  options: z.strictObject({ times: z.int().default(1) }),
  *attack({ image }) { return image.slice(); },
  ${change}
});`;

describe('built-ins', () => {
  it('are there under the names that they declare', async () => {
    const plugins = await loadPlugins([], process.cwd());
    for (const name of plugins.names('attacks')) expect((await plugins.attack(name)).name).toBe(name);
    for (const name of plugins.names('audits')) expect((await plugins.audit(name)).name).toBe(name);
    for (const name of plugins.names('reports')) expect((await plugins.report(name)).name).toBe(name);
    expect(plugins.names('attacks')).toEqual(expect.arrayContaining(['fgsm', 'pgd']));
  });
});

describe("a user's plugin", () => {
  it.each([
    ['mine.ts', 'const typed: number = 1; void typed;'],
    ['mine.js', ''],
    ['mine.mjs', ''],
  ])('loads from %s', async (file, first) => {
    const folder = project({ [file]: first + attack('mine') });
    const plugins = await loadPlugins([`./${file}`], folder);
    expect(plugins.files).toEqual([join(folder, file)]);
    expect(plugins.names('attacks')).toContain('mine');
    const mine = await plugins.attack('mine');
    expect(mine.options.parse({})).toEqual({ times: 1 });
  });

  it('loads in a package marked as CommonJS, and imports its own files', async () => {
    const folder = project({
      'package.json': '{ "type": "commonjs" }',
      'name.ts': "export const name: string = 'mine';",
      'mine.ts': `import { name } from './name.ts';\n${attack('x', 'name,')}`,
    });
    expect((await loadPlugins(['mine.ts'], folder)).names('attacks')).toContain('mine');
  });

  it('loads from a package installed beside the config', async () => {
    const folder = project({
      'packages/plugin/package.json': '{ "name": "proofhouse-plugin-x", "type": "module", "exports": "./index.js" }',
      'packages/plugin/index.js': attack('packaged'),
    });
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(folder, 'packages/plugin'), join(folder, 'node_modules/proofhouse-plugin-x'));
    const plugins = await loadPlugins(['proofhouse-plugin-x'], folder);
    expect(plugins.names('attacks')).toContain('packaged');
    // A worker loads it again by its path alone.
    expect((await loadPlugins(plugins.files, '/')).names('attacks')).toContain('packaged');
  });

  it('throws the very InputError that Proofhouse knows', async () => {
    const folder = project({
      'audit.ts': `import { defineAudit, InputError, z } from 'proofhouse/plugin';
export default defineAudit({ name: 'strict', title: 't', options: z.strictObject({}), measure() { throw new InputError('no such class'); } });`,
    });
    const audit = await (await loadPlugins(['./audit.ts'], folder)).audit('strict');
    const input = auditInput({ classes: [], labels: [], models: {} });
    expect(() => audit.measure(input, {})).toThrow(InputError);
  });

  it.each([
    ['a name that is taken', attack('pgd'), 'there is already a plugin "pgd" among the attacks, built in.'],
    ['a name in another case', attack('MyAttack'), 'name: "MyAttack" is not accepted: a name is in kebab case'],
    ['a missing field', attack('mine', 'threats: undefined,'), 'threats: is required: a list.'],
    ['an unknown norm', attack('mine', "threats: ['l3'],"), 'threats.0: "l3" is not one of linf, l2, l1, l0.'],
    [
      'an unknown access',
      attack('mine', "access: 'gradients',"),
      'access: "gradients" is not one of gradient, score, decision, none. Did you mean "gradient"?',
    ],
    [
      'options that let anything pass',
      attack('mine', 'options: z.object({}),'),
      'options: expected z.strictObject({ … })',
    ],
    ['no default export', 'export const a = 1;', 'it has no default export'],
    [
      'another export',
      'export default { name: "mine" };',
      'its default export has no attack(), no measure(), no render() and no views',
    ],
    ['a syntax error', 'export default {', 'the plugin does not load'],
    ['an error of its own', 'throw new Error("not today");', 'the plugin does not load: not today'],
    ['an import that is not there', "import 'nowhere-to-be-found';", 'the plugin does not load'],
  ])('with %s is refused, by file name', async (_, text, expected) => {
    const folder = project({ 'mine.ts': text });
    const loading = loadPlugins(['./mine.ts'], folder);
    await expect(loading).rejects.toThrow(InputError);
    await expect(loading).rejects.toThrow(expected);
    await expect(loading).rejects.toThrow('./mine.ts');
  });

  it('twice is refused', async () => {
    const folder = project({ 'one.ts': attack('mine'), 'two.ts': attack('mine') });
    await expect(loadPlugins(['./one.ts', './two.ts'], folder)).rejects.toThrow(
      './two.ts: there is already a plugin "mine" among the attacks, from one.ts.',
    );
  });
});
