/**
 * The registry: which attacks, audits and reports there are. Built-ins are listed here, by name, and loaded when asked
 * for; a user's plugins are files or packages named in the config, loaded at once, checked, and then no different.
 */
import { basename, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { find } from './config/paths.ts';
import { InputError } from './errors.ts';
import type { AttackDefinition } from './plugin/attack.ts';
import type { AuditDefinition } from './plugin/audit.ts';
import type { ObjectiveDefinition } from './plugin/objective.ts';
import type { ReportDefinition } from './plugin/report.ts';
import { checkPlugin } from './plugin-check.ts';

export interface PluginKinds {
  attacks: AttackDefinition;
  audits: AuditDefinition;
  reports: ReportDefinition;
  objectives: ObjectiveDefinition;
}
export type PluginKind = keyof PluginKinds;

type Loaders<Definition> = Record<string, () => Promise<Definition>>;
const loader =
  <Definition>(importModule: () => Promise<{ default: Definition }>) =>
  async () =>
    (await importModule()).default;

const builtIns: { [Kind in PluginKind]: Loaders<PluginKinds[Kind]> } = {
  attacks: {
    apgd: loader<AttackDefinition>(() => import('../attacks/gradient/apgd.ts')),
    autoattack: loader<AttackDefinition>(() => import('../attacks/autoattack.ts')),
    fgsm: loader<AttackDefinition>(() => import('../attacks/gradient/fgsm.ts')),
    'brendel-bethge': loader<AttackDefinition>(() => import('../attacks/gradient/brendel-bethge.ts')),
    jsma: loader<AttackDefinition>(() => import('../attacks/gradient/jsma.ts')),
    boundary: loader<AttackDefinition>(() => import('../attacks/decision/boundary.ts')),
    geoda: loader<AttackDefinition>(() => import('../attacks/decision/geoda.ts')),
    'hop-skip-jump': loader<AttackDefinition>(() => import('../attacks/decision/hop-skip-jump.ts')),
    pointwise: loader<AttackDefinition>(() => import('../attacks/decision/pointwise.ts')),
    'salt-and-pepper': loader<AttackDefinition>(() => import('../attacks/decision/salt-and-pepper.ts')),
    deepfool: loader<AttackDefinition>(() => import('../attacks/gradient/deepfool.ts')),
    'carlini-wagner': loader<AttackDefinition>(() => import('../attacks/gradient/carlini-wagner.ts')),
    ddn: loader<AttackDefinition>(() => import('../attacks/gradient/ddn.ts')),
    ead: loader<AttackDefinition>(() => import('../attacks/gradient/ead.ts')),
    fab: loader<AttackDefinition>(() => import('../attacks/gradient/fab.ts')),
    fmn: loader<AttackDefinition>(() => import('../attacks/gradient/fmn.ts')),
    'mi-fgsm': loader<AttackDefinition>(() => import('../attacks/gradient/mi-fgsm.ts')),
    pgd: loader<AttackDefinition>(() => import('../attacks/gradient/pgd.ts')),
    'sparse-l1-descent': loader<AttackDefinition>(() => import('../attacks/gradient/sparse-l1-descent.ts')),
    nes: loader<AttackDefinition>(() => import('../attacks/score/nes.ts')),
    'one-pixel': loader<AttackDefinition>(() => import('../attacks/score/one-pixel.ts')),
    simba: loader<AttackDefinition>(() => import('../attacks/score/simba.ts')),
    spsa: loader<AttackDefinition>(() => import('../attacks/score/spsa.ts')),
    square: loader<AttackDefinition>(() => import('../attacks/score/square.ts')),
    contrast: loader<AttackDefinition>(() => import('../attacks/none/contrast.ts')),
    'gaussian-blur': loader<AttackDefinition>(() => import('../attacks/none/gaussian-blur.ts')),
    'gaussian-noise': loader<AttackDefinition>(() => import('../attacks/none/gaussian-noise.ts')),
    inversion: loader<AttackDefinition>(() => import('../attacks/none/inversion.ts')),
    'uniform-noise': loader<AttackDefinition>(() => import('../attacks/none/uniform-noise.ts')),
    patch: loader<AttackDefinition>(() => import('../attacks/dataset/patch.ts')),
    universal: loader<AttackDefinition>(() => import('../attacks/dataset/universal.ts')),
    'rotation-translation': loader<AttackDefinition>(() => import('../attacks/spatial/rotation-translation.ts')),
  },
  audits: {
    calibration: loader<AuditDefinition>(() => import('../audits/calibration.ts')),
    'evaluation-health': loader<AuditDefinition>(() => import('../audits/evaluation-health.ts')),
    'robust-accuracy': loader<AuditDefinition>(() => import('../audits/robust-accuracy.ts')),
    'subgroup-fnr': loader<AuditDefinition>(() => import('../audits/subgroup-fnr.ts')),
  },
  reports: {
    html: loader<ReportDefinition>(() => import('../reports/html/index.ts')),
    badge: loader<ReportDefinition>(() => import('../reports/badge.ts')),
    junit: loader<ReportDefinition>(() => import('../reports/junit.ts')),
    sarif: loader<ReportDefinition>(() => import('../reports/sarif.ts')),
    summary: loader<ReportDefinition>(() => import('../reports/summary.ts')),
  },
  objectives: {
    standard: loader<ObjectiveDefinition>(() => import('../objectives/standard.ts')),
    'pgd-at': loader<ObjectiveDefinition>(() => import('../objectives/pgd-at.ts')),
    trades: loader<ObjectiveDefinition>(() => import('../objectives/trades.ts')),
    mart: loader<ObjectiveDefinition>(() => import('../objectives/mart.ts')),
    fast: loader<ObjectiveDefinition>(() => import('../objectives/fast.ts')),
    free: loader<ObjectiveDefinition>(() => import('../objectives/free.ts')),
    'group-reweighted': loader<ObjectiveDefinition>(() => import('../objectives/group-reweighted.ts')),
  },
};

export interface Plugins {
  /** Absolute paths of the user's plugin files. `loadPlugins(files, '/')` loads the same again, in a worker. */
  readonly files: string[];
  /** Built-ins first, then the user's in the config's order. */
  names(kind: PluginKind): string[];
  /** @throws Error when the name is not among `names` */
  attack(name: string): Promise<AttackDefinition>;
  audit(name: string): Promise<AuditDefinition>;
  report(name: string): Promise<ReportDefinition>;
  objective(name: string): Promise<ObjectiveDefinition>;
}

/** The file that a config's `plugins` entry means: a path with a file ending or a leading `.`, else a package. */
function pluginFile(written: string, base: string, resolvePackage: (name: string) => string): string {
  if (isAbsolute(written) || written.startsWith('.') || /\.[cm]?[jt]s$/.test(written)) {
    const found = find(base, written);
    if ('problem' in found)
      throw new InputError(
        `plugins: ${found.problem}`,
        'Name a .ts, .js or .mjs file, relative to the config, or an installed package.',
      );
    if (!found.stats.isFile())
      throw new InputError(`plugins: ${written} is a folder.`, 'Name the .ts, .js or .mjs file in it.');
    return found.path;
  }
  try {
    const resolved = resolvePackage(written);
    return resolved.startsWith('file:') ? fileURLToPath(resolved) : resolved;
  } catch (error) {
    throw new InputError(
      `plugins: there is no package ${written} beside the config.`,
      `Install it there (npm install ${written}), or name a file as ./${written}.ts`,
      { cause: error },
    );
  }
}

async function definitionOf<Definition>(
  among: Map<string, () => Promise<Definition>>,
  name: string,
): Promise<Definition> {
  const definition = among.get(name);
  if (!definition) throw new Error(`no plugin called ${name}`);
  return definition();
}

/**
 * Loads a run's plugins. Plugin files are code and run with the user's rights.
 * @param written files relative to `base`, absolute files, or package names
 * @param base absolute folder
 * @throws InputError naming the file when it is missing, does not load, or does not define a plugin (and which field it lacks)
 */
export async function loadPlugins(written: readonly string[], base: string): Promise<Plugins> {
  const known: { [Kind in PluginKind]: Map<string, () => Promise<PluginKinds[Kind]>> } = {
    attacks: new Map(Object.entries(builtIns.attacks)),
    audits: new Map(Object.entries(builtIns.audits)),
    reports: new Map(Object.entries(builtIns.reports)),
    objectives: new Map(Object.entries(builtIns.objectives)),
  };
  const files: string[] = [];
  const origin = new Map<string, string>();

  if (written.length > 0) {
    // The plugin's door is handed over as a loaded module, so that it works from sources, from a build and from an
    // installed package alike, and `InputError` and `z` are the very ones that Proofhouse uses.
    const { createJiti } = await import('jiti');
    const jiti = createJiti(pathToFileURL(resolve(base, 'plugins')).href, {
      fsCache: false,
      interopDefault: false,
      virtualModules: { 'proofhouse/plugin': await import('./plugin/index.ts') },
    });
    for (const entry of written) {
      const file = pluginFile(entry, base, (name) => jiti.esmResolve(name));
      const checked = checkPlugin(await importPlugin(file, entry, (path) => jiti.import(path)));
      if ('problems' in checked)
        throw new InputError(
          `${entry}: this is no plugin that Proofhouse can use:\n${checked.problems.map((line) => `  ${line}`).join('\n')}`,
          'Export it as: export default defineAttack({ … }), defineAudit({ … }), defineReport({ … }) or defineObjective({ … }).',
        );
      const { kind, definition } = checked;
      const { name } = definition;
      if (known[kind].has(name))
        throw new InputError(
          `${entry}: there is already a plugin "${name}" among the ${kind}, ${origin.has(name) ? `from ${origin.get(name)}` : 'built in'}.`,
          'Give the plugin another name.',
        );
      if (kind === 'attacks') known.attacks.set(name, () => Promise.resolve(definition));
      else if (kind === 'audits') known.audits.set(name, () => Promise.resolve(definition));
      else if (kind === 'reports') known.reports.set(name, () => Promise.resolve(definition));
      else known.objectives.set(name, () => Promise.resolve(definition));
      origin.set(name, basename(file));
      files.push(file);
    }
  }

  return {
    files,
    names: (kind) => [...known[kind].keys()],
    attack: async (name) => definitionOf(known.attacks, name),
    audit: async (name) => definitionOf(known.audits, name),
    report: async (name) => definitionOf(known.reports, name),
    objective: async (name) => definitionOf(known.objectives, name),
  };
}

async function importPlugin(
  file: string,
  entry: string,
  importFile: (path: string) => Promise<unknown>,
): Promise<unknown> {
  try {
    const loaded = await importFile(file);
    return typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined;
  } catch (error) {
    throw new InputError(
      `${entry}: the plugin does not load: ${error instanceof Error ? error.message : String(error)}`,
      'Mend the file, or take it out of the config.',
      { cause: error },
    );
  }
}
