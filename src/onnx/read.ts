/** Reads an ONNX file into a graph. Whatever is wrong with the file is said in a sentence that names it. */
import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { Graph } from './graph.ts';
import type { ModelProto } from './proto.ts';
import { decodeModel } from './proto.ts';
import { ExternalData } from './reading/external-data.ts';
import { readGraph } from './reading/graph.ts';
import { requireFiniteWeights } from './reading/weights.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read (permission denied)',
  EPERM: 'may not be read (permission denied)',
  ERR_FS_FILE_TOO_LARGE: 'is larger than 2 GiB: keep its weights in external data files',
};

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const reason = REASONS[code] ?? `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new InputError(`Model file ${quote(path)} ${reason}.`, 'Name an ONNX file that exists and can be read.', {
      cause,
    });
  }
}

function decode(bytes: Uint8Array, path: string): ModelProto {
  if (bytes.length === 0)
    throw new InputError(`Model file ${quote(path)} is empty.`, 'Export or copy the model again.');
  try {
    return decodeModel(bytes);
  } catch (cause) {
    throw new InputError(
      `Model file ${quote(path)} is not ONNX, or was cut short (${cause instanceof Error ? cause.message : String(cause)}; it has ${bytes.length} bytes).`,
      'Name an ONNX file; if it is one, export or copy it again.',
      { cause },
    );
  }
}

function requireContent(model: ModelProto, path: string): void {
  if (model.graph === undefined || model.graph.output.length === 0)
    throw new InputError(
      `Model file ${quote(path)} holds no network.`,
      'Name an ONNX file; if it is one, export or copy it again.',
    );
  if (model.functions.length > 0)
    throw new InputError(
      `Model file ${quote(path)} defines its own functions (${model.functions
        .slice(0, 3)
        .map(({ name }) => quote(name))
        .join(', ')}…), which Proofhouse cannot read.`,
      'Inline them with onnx.inliner.inline_local_functions.',
    );
  if (model.opsetImport.length === 0 && model.irVersion >= 3n)
    throw new InputError(
      `Model file ${quote(path)} does not say which operator set it uses.`,
      'It was cut short; export or copy it again.',
    );
}

/**
 * @param path of an ONNX file; weights in external files are read from its folder
 * @throws InputError for a file that is missing, unreadable, empty, cut short, not ONNX, inconsistent, or holds weights that are not finite
 */
export async function readModel(path: string): Promise<Graph> {
  const model = decode(await readBytes(path), path);
  requireContent(model, path);
  const versions = new Map(
    model.opsetImport.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, Number(version)]),
  );
  const opset = versions.get('') ?? 1;
  versions.delete('');
  const external = new ExternalData(path);
  try {
    const graph = await readGraph(model.graph!, {
      opset,
      domains: Object.fromEntries(versions),
      producer: `${model.producerName} ${model.producerVersion}`.trim(),
      irVersion: Number(model.irVersion),
      external,
    });
    requireFiniteWeights(graph, path);
    return external.paths.length === 0 ? graph : { ...graph, weightFiles: external.paths };
  } finally {
    await external.close();
  }
}
