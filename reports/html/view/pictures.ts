/**
 * Pictures as data URLs, up to what a page can bear. Faces are people: only mode 'show' puts a single pixel into the page. A picture that
 * is shown twice counts twice, since the page's bytes are what is spared.
 */
import type { ReportInput, RunRecord } from 'proofhouse/plugin';

export interface Picture {
  /** Data URL; null where it is redacted, missing or over the page's measure. */
  source: string | null;
  alt: string;
  /** Said in place of a picture that is not there. */
  absent: string;
}

/** Most bytes of base64 in a page that should stay under 1.5 MB. */
const MOST_BYTES = 640_000;

export type Pictures = (image: string, alt: string) => Picture;

/** Hands out pictures in the order asked for, until the page is full. */
export function pictures({ gallery: { mode } }: RunRecord, images: ReportInput['images']): Pictures {
  let left = MOST_BYTES;
  return (image, alt) => {
    if (mode !== 'show') return { source: null, alt, absent: 'redacted' };
    const bytes = images.get(image);
    if (bytes === undefined) return { source: null, alt, absent: 'image not in this run' };
    const encoded = Buffer.from(bytes).toString('base64');
    if (encoded.length > left)
      return { source: null, alt, absent: `kept out to keep this page small: images/${image}` };
    left -= encoded.length;
    return { source: `data:image/png;base64,${encoded}`, alt, absent: '' };
  };
}
