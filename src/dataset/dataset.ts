/** A data set as the rest of Proofhouse sees it: plain rows and a way to read one image, so that memory does not grow with its size. */
import type { ImageShape } from '../plugin/attack.ts';
import type { ExampleRow } from '../plugin/outcome.ts';

/** How a file becomes a tensor; plain data, so workers decode for themselves. */
export interface DecodePlan {
  shape: ImageShape;
  resize: 'error' | 'stretch' | 'cover' | 'contain';
}

export interface Dataset {
  /** Folder or manifest name without its parents, for reports. */
  source: string;
  classes: string[];
  groupColumns: string[];
  /** In a fixed order: sorted by id. */
  examples: (ExampleRow & { /** Absolute path of the image. */ file: string })[];
  decode: DecodePlan;
  /** What the reader of a report must know, e.g. how many files were ignored. */
  notes?: string[];
}
