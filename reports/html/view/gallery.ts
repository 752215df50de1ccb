/** The contact sheet: clean, adversarial and amplified difference side by side, and how to make each again. */
import { type GalleryItem, normName, type RunRecord } from 'proofhouse/plugin';
import { percent, plain } from '../../format.ts';
import { type Tag, tagOf } from '../look.ts';
import type { Picture, Pictures } from './pictures.ts';

interface Shown extends Picture {
  heading: string;
  label: string | null;
  confidence: string | null;
  wrong: boolean;
}

export interface GalleryView {
  off: boolean;
  redacted: boolean;
  items: {
    id: string;
    example: string;
    tag: Tag;
    attack: string;
    truth: string;
    distances: string;
    pictures: Shown[];
    /** Clean and adversarial can be laid over each other. */
    comparable: boolean;
    /** What makes this image again, besides the command of the run. */
    evaluation: string;
    seed: string;
    file: string;
  }[];
  command: string;
}

/** @param raw the items before their text was made visible: their image names are the keys of the pictures */
export function galleryView(
  record: RunRecord,
  raw: readonly GalleryItem[],
  draw: Pictures,
  tags: ReadonlyMap<string, Tag>,
): GalleryView {
  const { mode, items } = record.gallery;
  if (mode === 'off') return { off: true, redacted: false, items: [], command: '' };
  const name = (index: number) => record.classes[index] ?? `class ${index}`;
  const titles = new Map(record.evaluations.map(({ id, title }) => [id, title]));
  return {
    off: false,
    redacted: mode !== 'show',
    command: record.command,
    items: items.map((item, index) => {
      const { clean, adversarial, difference } = raw[index];
      const first = draw(clean.image, `Clean image ${item.example}`);
      const second = draw(adversarial.image, `Adversarial image made from ${item.example}`);
      return {
        id: `example-${index + 1}`,
        example: item.example,
        tag: tagOf(tags, item.model),
        attack: titles.get(item.evaluation) ?? item.evaluation,
        truth: name(item.label),
        evaluation: item.evaluation,
        seed: String(record.seed),
        file: `images/${item.adversarial.image}`,
        comparable: first.source !== null && second.source !== null,
        distances: Object.entries(item.distances)
          .map(([norm, distance]) => `${normName(norm)}\u00a0${plain(distance)}`)
          .join(' · '),
        pictures: [
          {
            ...first,
            heading: 'Clean',
            label: name(clean.prediction),
            confidence: percent(clean.confidence),
            wrong: clean.prediction !== item.label,
          },
          {
            ...second,
            heading: 'Adversarial',
            label: name(adversarial.prediction),
            confidence: percent(adversarial.confidence),
            wrong: adversarial.prediction !== item.label,
          },
          {
            ...draw(
              difference.image,
              `Difference of the two, amplified ${plain(difference.amplification)} times around mid-grey`,
            ),
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
