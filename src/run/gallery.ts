/** The gallery: which fallen examples are shown, and their pictures. Points are recomputed, not stored: the seed gives them again. */
import { createHash } from 'node:crypto';
import { openSight, type PlaneMap, type Sight } from '../engine/sight.ts';
import type { CollectTask } from '../engine/task.ts';
import { runTask } from '../engine/task.ts';
import type { OutcomeRow } from '../plugin/outcome.ts';
import type { Change, GalleryItem } from '../plugin/record.ts';
import { createRandom } from '../random.ts';
import type { Outcomes } from './outcomes.ts';
import { amplified, encode, encodePair, mosaic } from './pictures.ts';

/** Pairs of each model of which it is shown what the network sees. */
const MOST_SEEN = 2;

/**
 * A seeded sample of the examples that each model gets right clean and an attack turned, at the smallest ε that did; shared among the models.
 *
 * @param changes since a baseline: examples that regressed take half of the places, as far as there are any
 */
export function chooseFallen(
  outcomes: Outcomes,
  seed: number,
  count: number,
  changes: readonly Change[] = [],
): OutcomeRow[] {
  const share = Math.ceil(count / Math.max(1, outcomes.size));
  return [...outcomes].flatMap(([model, evaluations]) => {
    const clean = new Map(evaluations.get('clean')?.map((row) => [row.example, row]));
    const fallen = new Map<string, OutcomeRow[]>();
    for (const [evaluation, rows] of evaluations) {
      if (evaluation === 'clean') continue;
      for (const row of rows) {
        if (!row.success || row.carriedFrom !== undefined || clean.get(row.example)?.success !== false) continue;
        fallen.set(row.example, [...(fallen.get(row.example) ?? []), row]);
      }
    }
    const regressed = new Map(
      changes
        .filter((change) => change.model === model)
        .map(({ evaluation, paired }) => [evaluation, new Set(paired?.regressed)]),
    );
    const sampled = [...fallen]
      .map(([example, rows]) => {
        const moved = rows.filter(({ evaluation }) => regressed.get(evaluation)?.has(example));
        const order = createRandom(seed, 'gallery', example).uniform();
        return moved.length > 0 ? { order, rows: moved, regressed: true } : { order, rows, regressed: false };
      })
      .toSorted((a, b) => a.order - b.order);
    const worse = sampled.filter((one) => one.regressed).slice(0, Math.ceil(share / 2));
    const others = sampled.filter((one) => !worse.includes(one));
    return [...worse, ...others]
      .slice(0, share)
      .toSorted((a, b) => a.order - b.order)
      .map(({ order, rows }) => rows[Math.floor(order * 1e6) % rows.length])
      .map((row) => ({ ...row, model }));
  });
}

/**
 * Recomputes and draws the chosen examples.
 *
 * @param taskFor the task of one model over the given example ids, with every part but the wanted ones marked done
 */
export async function drawGallery(
  chosen: readonly OutcomeRow[],
  outcomes: Outcomes,
  taskFor: (model: string, wanted: ReadonlyMap<string, string>) => Promise<CollectTask>,
  mode: 'show' | 'redact',
): Promise<{ items: GalleryItem[]; images: Map<string, Uint8Array> }> {
  const images = new Map<string, Uint8Array>();
  const items: GalleryItem[] = [];
  for (const model of new Set(chosen.map((row) => row.model))) {
    const own = chosen.filter((row) => row.model === model);
    const task = await taskFor(model, new Map(own.map((row) => [row.example, row.evaluation])));
    const points = new Map<string, Float32Array>();
    await runTask(task, {
      emit: () => {},
      failed: () => {},
      observe: (example, evaluation, point) => points.set(JSON.stringify([example, evaluation]), point),
    });
    const keep = (png: Buffer) => {
      const name = `${createHash('sha256').update(png).digest('hex').slice(0, 16)}.png`;
      images.set(name, png);
      return name;
    };
    const draw = async (pixels: Float32Array) =>
      keep(await encode(mode === 'redact' ? mosaic(pixels, task.shape) : pixels, task.shape));
    // The maps of the first layers show the image itself, so that nothing of them is drawn where images are redacted.
    const sight = mode === 'show' ? await openSight(task.model, task.shape) : undefined;
    for (const [index, row] of own.entries()) {
      const clean = points.get(JSON.stringify([row.example, 'clean'])) as Float32Array;
      const adversarial = points.get(JSON.stringify([row.example, row.evaluation])) as Float32Array;
      const cleanRow = outcomes
        .get(model)
        ?.get('clean')
        ?.find(({ example }) => example === row.example) as OutcomeRow;
      const { difference, amplification } = amplified(clean, adversarial);
      items.push({
        model,
        example: row.example,
        evaluation: row.evaluation,
        label: row.label,
        clean: { image: await draw(clean), prediction: cleanRow.prediction, confidence: cleanRow.confidence },
        adversarial: { image: await draw(adversarial), prediction: row.prediction, confidence: row.confidence },
        difference: { image: await draw(difference), amplification },
        distances: { ...row.distances },
        ...(sight &&
          index < MOST_SEEN && {
            sight: await see(sight, [clean, adversarial], [cleanRow.prediction, row.prediction], keep),
          }),
      });
    }
    await sight?.close();
  }
  return { items, images };
}

/** What the network sees of a clean and an adversarial image, drawn. */
async function see(
  sight: Sight,
  pair: readonly Float32Array[],
  predictions: readonly number[],
  keep: (png: Buffer) => string,
): Promise<NonNullable<GalleryItem['sight']>> {
  const [first, second] = await sight.look(pair, predictions);
  const drawn = async (one: PlaneMap, other: PlaneMap) => {
    const [clean, adversarial] = await encodePair(one, other);
    return { clean: keep(clean), adversarial: keep(adversarial) };
  };
  return {
    saliency: await drawn(first.saliency, second.saliency),
    layers: await Promise.all(
      sight.layers.map(async (layer, l) => ({ layer, ...(await drawn(first.layers[l], second.layers[l])) })),
    ),
  };
}
