/** Clean, adversarial and amplified difference side by side. Faces are people: only mode 'show' puts a single pixel into the page. */
import type { GalleryItem, ReportInput, RunRecord } from 'proofhouse/plugin';
import { normName, percent, plain } from '../../format.ts';
import { type Tag, tagOf } from '../look.ts';

interface Picture {
  /** Data URL; null where it is redacted or missing. */
  source: string | null;
  alt: string;
  /** Said in place of a picture that is not there. */
  absent: string;
  heading: string;
  label: string | null;
  confidence: string | null;
  wrong: boolean;
}

export interface GalleryView {
  off: boolean;
  redacted: boolean;
  items: {
    example: string;
    tag: Tag;
    attack: string;
    truth: string;
    distances: string;
    pictures: Picture[];
  }[];
}

/**
 * @param raw the items before their text was made visible: their image names are the keys of `images`
 */
export function galleryView(
  record: RunRecord,
  raw: readonly GalleryItem[],
  images: ReportInput['images'],
  tags: ReadonlyMap<string, Tag>,
): GalleryView {
  const { mode, items } = record.gallery;
  if (mode === 'off') return { off: true, redacted: false, items: [] };
  const name = (index: number) => record.classes[index] ?? `class ${index}`;
  const titles = new Map(record.evaluations.map(({ id, title }) => [id, title]));
  const source = (image: string) => {
    const bytes = mode === 'show' ? images.get(image) : undefined;
    return bytes ? `data:image/png;base64,${Buffer.from(bytes).toString('base64')}` : null;
  };
  const absent = mode === 'show' ? 'image not in this run' : 'redacted';
  return {
    off: false,
    redacted: mode !== 'show',
    items: items.map((item, index) => {
      const { clean, adversarial, difference } = raw[index];
      return {
        example: item.example,
        tag: tagOf(tags, item.model),
        attack: titles.get(item.evaluation) ?? item.evaluation,
        truth: name(item.label),
        distances: Object.entries(item.distances)
          .map(([norm, distance]) => `${normName(norm)} ${plain(distance)}`)
          .join(' · '),
        pictures: [
          {
            source: source(clean.image),
            alt: `Clean image ${item.example}`,
            absent,
            heading: 'Clean',
            label: name(clean.prediction),
            confidence: percent(clean.confidence),
            wrong: clean.prediction !== item.label,
          },
          {
            source: source(adversarial.image),
            alt: `Adversarial image made from ${item.example}`,
            absent,
            heading: 'Adversarial',
            label: name(adversarial.prediction),
            confidence: percent(adversarial.confidence),
            wrong: adversarial.prediction !== item.label,
          },
          {
            source: source(difference.image),
            alt: `Difference of the two, amplified ${plain(difference.amplification)} times around mid-grey`,
            absent,
            heading: 'Difference',
            label: null,
            confidence: `× ${plain(difference.amplification)}`,
            wrong: false,
          },
        ],
      };
    }),
  };
}
