/** What the network sees: the saliency and the feature maps of clean and adversarial pairs, one row a picture, one column a layer. */
import type { GalleryItem, RunRecord } from 'proofhouse/plugin';
import { type Tag, tagOf } from '../look.ts';
import type { Picture, Pictures } from './pictures.ts';

export interface SightView {
  items: {
    example: string;
    href: string;
    tag: Tag;
    /** Columns: the image, its saliency, each layer. */
    columns: { heading: string; small: string | null }[];
    rows: { heading: string; pictures: Picture[] }[];
  }[];
}

/**
 * @param raw the items before their text was made visible: their image names are the keys of the pictures
 * @returns null where no item of the gallery has anything of the kind
 */
export function sightView(
  { gallery: { items } }: RunRecord,
  raw: readonly GalleryItem[],
  draw: Pictures,
  tags: ReadonlyMap<string, Tag>,
): SightView | null {
  const seen = items.flatMap((item, index) => {
    const sight = raw[index].sight;
    if (item.sight === undefined || sight === undefined) return [];
    const row = (which: 'clean' | 'adversarial') => ({
      heading: which === 'clean' ? 'Clean' : 'Adversarial',
      pictures: [
        draw(raw[index][which].image, `${which} image ${item.example}`),
        draw(sight.saliency[which], `Saliency of the ${which} image ${item.example}`),
        ...sight.layers.map((layer, at) =>
          draw(
            layer[which],
            `Activation of layer ${item.sight?.layers[at].layer} on the ${which} image ${item.example}`,
          ),
        ),
      ],
    });
    return [
      {
        example: item.example,
        href: `#example-${index + 1}`,
        tag: tagOf(tags, item.model),
        columns: [
          { heading: 'Image', small: null },
          { heading: 'Saliency', small: null },
          ...item.sight.layers.map(({ layer }, at) => ({ heading: `Layer ${at + 1}`, small: layer })),
        ],
        rows: [row('clean'), row('adversarial')],
      },
    ];
  });
  return seen.length === 0 ? null : { items: seen };
}
