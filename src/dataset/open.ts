/** Opens a data set: which images there are, what they are labelled and how they are decoded. Decodes nothing. */
import { basename } from 'node:path';
import type { DataPlan } from '../config/plan.ts';
import { InputError } from '../errors.ts';
import type { ImageShape } from '../plugin/attack.ts';
import { requireDistinct } from './classes.ts';
import type { Dataset } from './dataset.ts';
import { listFolder } from './folder.ts';
import { listManifest } from './manifest.ts';

/**
 * @param model the input shape, which images are brought to unless `plan.size` says otherwise, and the number of logits
 * @throws InputError for anything wrong with the folder, the manifest, its labels or its paths (`verifyImages` looks into the images)
 */
export async function openDataset(plan: DataPlan, model: { shape: ImageShape; logits: number }): Promise<Dataset> {
  const { channels } = model.shape;
  if (channels !== 1 && channels !== 3) {
    throw new InputError(
      `The model takes images of ${channels} channels, and image files give 1 (gray) or 3 (RGB).`,
      'Check the layout of the model (nchw or nhwc) in its preprocessing.',
    );
  }
  if (plan.classes !== undefined) requireDistinct(plan.classes);
  const source = plan.folder ?? plan.manifest;
  if (source === undefined) {
    throw new InputError(
      'No data is named.',
      'Set data.folder to a folder with one folder per class, or data.manifest to a CSV file.',
    );
  }
  const { notes, ...listed } =
    plan.folder === undefined
      ? await listManifest(source, plan, model.logits)
      : await listFolder(plan.folder, plan, model.logits);
  const [height, width] = plan.size ?? [model.shape.height, model.shape.width];
  return {
    source: basename(source),
    ...listed,
    decode: { shape: { channels, height, width }, resize: plan.resize },
    ...(notes.length > 0 ? { notes } : {}),
  };
}
