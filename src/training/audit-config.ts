/** `audit.yaml` and `held-out.csv`: an audit of the network before and after training, side by side, on the images that were held out. */
import { realpathSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { Document, isScalar, visit } from 'yaml';
import type { ModelPlan } from '../config/plan.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { TrainingPlan } from './plan.ts';

export const AUDIT_FILES = { config: 'audit.yaml', heldOut: 'held-out.csv' } as const;

const slashed = (path: string) => path.split(sep).join('/');

/** Quoted where it must be (RFC 4180). */
const field = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Columns of the manifest that no subgroup column is called. */
function columnsOf({ groupColumns }: Dataset): { path: string; label: string; id: string } {
  const free = (name: string): string => (groupColumns.includes(name) ? free(`${name}_`) : name);
  return { path: free('path'), label: free('label'), id: free('id') };
}

/** The folder that image paths are relative to, as the plan names it. */
const rootOf = ({ data }: TrainingPlan) => data.folder ?? data.root ?? dirname(data.manifest ?? '');

/** @param heldOut indices of examples */
export function heldOutManifest(plan: TrainingPlan, dataset: Dataset, heldOut: readonly number[]): string {
  const { path, label, id } = columnsOf(dataset);
  const root = realpathSync.native(rootOf(plan));
  const rows = heldOut.map((index) => {
    const example = dataset.examples[index];
    const groups = dataset.groupColumns.map((column) => example.groups[column] ?? '');
    return [slashed(relative(root, example.file)), dataset.classes[example.label], example.id, ...groups];
  });
  return [[path, label, id, ...dataset.groupColumns], ...rows]
    .map((cells) => `${cells.map(field).join(',')}\n`)
    .join('');
}

/** k/255 where the radius is such a fraction. */
function fraction(epsilon: number): string {
  const levels = Number((255 * epsilon).toPrecision(12));
  return levels / 255 === epsilon ? `${levels}/255` : String(epsilon);
}

/**
 * @param model name of the file with the trained weights, beside the config
 * @param folder absolute, that the config is for: its paths are relative to it
 */
export function auditConfig(plan: TrainingPlan, dataset: Dataset, model: string, folder: string): string {
  const { network, selection, preprocessing, data } = plan;
  const { mean, std, channels, layout, range } = preprocessing satisfies ModelPlan['preprocessing'];
  const modelAt = (file: string) => ({ file, mean, std, channels, layout, range });
  const fromHere = (path: string) => slashed(relative(folder, path)) || '.';
  const { norm, epsilon } = selection.attack;
  // What it was trained against, and more: a network that was only taught one radius falls soon beyond it.
  const radii = [epsilon, 2 * epsilon].filter((radius) => norm !== 'linf' || radius <= 1).map(fraction);
  const { height, width } = dataset.decode.shape;
  const config = {
    models: {
      ...('file' in network && { before: modelAt(fromHere(network.file)) }),
      ['file' in network ? 'after' : 'trained']: modelAt(model),
    },
    data: {
      manifest: AUDIT_FILES.heldOut,
      root: fromHere(rootOf(plan)),
      ...columnsOf(dataset),
      groups: dataset.groupColumns,
      classes: dataset.classes,
      resize: data.resize,
      size: [height, width],
    },
    attacks: [{ attack: 'pgd', norm, epsilon: radii }],
    audits: ['robust-accuracy', 'subgroup-fnr'],
    seed: plan.seed,
    output: 'audit',
  };
  const document = new Document(config, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, node) => {
      node.flow = node.items.every(isScalar);
    },
  });
  document.commentBefore =
    ' An audit of what was trained, on the images that were held out from training. They selected the epoch that was kept, so that\n' +
    " the trained network's numbers are a little too good: audit it on other images before it ships.";
  return document.toString({ lineWidth: 0 });
}
