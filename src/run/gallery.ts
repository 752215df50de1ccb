/** The gallery: which fallen examples are shown, and their pictures. Points are recomputed, not stored: the seed gives them again. */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { CollectTask } from '../engine/task.ts';
import { runTask } from '../engine/task.ts';
import type { ImageShape } from '../plugin/attack.ts';
import type { OutcomeRow } from '../plugin/outcome.ts';
import type { Change, GalleryItem } from '../plugin/record.ts';
import { createRandom } from '../random.ts';
import type { Outcomes } from './outcomes.ts';

/** Blocks along the shorter side of a redacted picture. */
const MOSAIC = 8;

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
    for (const row of own) {
      const clean = points.get(JSON.stringify([row.example, 'clean'])) as Float32Array;
      const adversarial = points.get(JSON.stringify([row.example, row.evaluation])) as Float32Array;
      const cleanRow = outcomes
        .get(model)
        ?.get('clean')
        ?.find(({ example }) => example === row.example) as OutcomeRow;
      const { difference, amplification } = amplified(clean, adversarial);
      const draw = async (pixels: Float32Array) => {
        const png = await encode(mode === 'redact' ? mosaic(pixels, task.shape) : pixels, task.shape);
        const name = `${createHash('sha256').update(png).digest('hex').slice(0, 16)}.png`;
        images.set(name, png);
        return name;
      };
      items.push({
        model,
        example: row.example,
        evaluation: row.evaluation,
        label: row.label,
        clean: { image: await draw(clean), prediction: cleanRow.prediction, confidence: cleanRow.confidence },
        adversarial: { image: await draw(adversarial), prediction: row.prediction, confidence: row.confidence },
        difference: { image: await draw(difference), amplification },
        distances: { ...row.distances },
      });
    }
  }
  return { items, images };
}

/** The difference around mid-grey, amplified by a whole number so that the largest change spans the range. */
function amplified(
  clean: Float32Array,
  adversarial: Float32Array,
): { difference: Float32Array; amplification: number } {
  let largest = 0;
  for (let i = 0; i < clean.length; i++) largest = Math.max(largest, Math.abs(adversarial[i] - clean[i]));
  const amplification = largest === 0 ? 1 : Math.max(1, Math.floor(0.5 / largest));
  return { difference: clean.map((value, i) => 0.5 + amplification * (adversarial[i] - value)), amplification };
}

/** Block means, so that a face cannot be recognised. */
function mosaic(pixels: Float32Array, { channels, height, width }: ImageShape): Float32Array {
  const block = Math.max(1, Math.floor(Math.min(height, width) / MOSAIC));
  const redacted = new Float32Array(pixels.length);
  for (let c = 0; c < channels; c++) {
    for (let top = 0; top < height; top += block) {
      for (let left = 0; left < width; left += block) {
        let sum = 0;
        let count = 0;
        const each = (visit: (index: number) => void) => {
          for (let y = top; y < Math.min(height, top + block); y++) {
            for (let x = left; x < Math.min(width, left + block); x++) visit((c * height + y) * width + x);
          }
        };
        each((index) => {
          sum += pixels[index];
          count++;
        });
        each((index) => {
          redacted[index] = sum / count;
        });
      }
    }
  }
  return redacted;
}

function encode(pixels: Float32Array, { channels, height, width }: ImageShape): Promise<Buffer> {
  const plane = height * width;
  const bytes = new Uint8Array(pixels.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++)
      bytes[i * channels + c] = Math.round(255 * Math.max(0, Math.min(1, pixels[c * plane + i])));
  }
  return sharp(bytes, { raw: { width, height, channels: channels as 1 | 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}
