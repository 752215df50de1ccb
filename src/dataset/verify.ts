/** Passes over a whole data set that report every bad image, not the first: one over headers alone, one over all pixels. */
import type { Dataset } from './dataset.ts';
import { DatasetHash, hashExample } from './hash.ts';
import { readHeader, readImage, requireSize } from './image.ts';
import { ImageError, listBadImages } from './image-error.ts';
import { inOrder } from './in-order.ts';

/**
 * Reads the header of every image: finds files that are missing, empty, of another type, of the wrong size or without an intact header. A
 * truncated or damaged image whose header is intact is only found by decoding it.
 *
 * @param concurrency how many files are open at a time
 * @throws InputError listing the bad images
 */
export async function verifyImages(dataset: Dataset, concurrency = 4): Promise<void> {
  const errors: ImageError[] = [];
  const check = async ({ file }: { file: string }) => requireSize(file, await readHeader(file), dataset.decode);
  for await (const result of inOrder(dataset.examples, concurrency, (example) => attempt(check(example)))) {
    if (result instanceof ImageError) errors.push(result);
  }
  if (errors.length > 0) throw listBadImages(errors);
}

/**
 * Decodes every image once, in order and holding at most `concurrency` of them, and hashes the data set.
 *
 * @param onImage meets each image and its place in the data set, in no particular order
 * @returns what `DatasetHash` gives over all examples: 64 hexadecimal digits
 * @throws InputError listing the images that cannot be decoded
 */
export async function hashDataset(
  dataset: Dataset,
  { concurrency = 4, onImage }: { concurrency?: number; onImage?: (index: number, image: Float32Array) => void } = {},
): Promise<string> {
  const errors: ImageError[] = [];
  const hash = new DatasetHash();
  const work = async (index: number) => {
    const example = dataset.examples[index];
    const image = await readImage(example.file, dataset.decode);
    onImage?.(index, image);
    return hashExample(example, image);
  };
  for await (const result of inOrder([...dataset.examples.keys()], concurrency, (index) => attempt(work(index)))) {
    if (result instanceof ImageError) errors.push(result);
    else hash.add(result);
  }
  if (errors.length > 0) throw listBadImages(errors);
  return hash.digest();
}

/** The value, or the ImageError it was rejected with; any other rejection passes. */
async function attempt<Value>(promise: Promise<Value>): Promise<Value | ImageError> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
}
