/** The config that `proofhouse init` writes: everything it could find out filled in, everything else explained beside it. */
import type { DataDescription } from '../dataset/describe.ts';
import type { Dim } from '../onnx/graph.ts';
import { readLayout } from '../onnx/image-input.ts';
import { integer, printable } from './terminal.ts';

export interface StarterModel {
  name: string;
  /** As the config says it. */
  file: string;
  inputDims: Dim[];
  outputDims: Dim[];
}

export interface StarterFacts {
  models: StarterModel[];
  /** As the config says it. */
  dataPath: string;
  data: DataDescription;
}

/** Text that YAML reads back as that very text. JSON's double quotes are YAML's; invisible characters are escaped. */
export function yamlText(text: string): string {
  if (/^(?:\.{0,2}\/|[A-Za-z_])[\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off)$/i.test(text)) return text;
  return JSON.stringify(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

const yamlList = (texts: readonly string[]) => `[${texts.map(yamlText).join(', ')}]`;

interface ImageInput {
  layout: 'nchw' | 'nhwc';
  channels: number;
  height: Dim;
  width: Dim;
}

/** A four-dimensional input whose channels are one or three; undefined for anything else. */
function imageInput(dims: readonly Dim[]): ImageInput | undefined {
  if (dims.length !== 4) return undefined;
  const isFirst = readLayout(dims) === 'NCHW';
  const [, first, second, last] = dims;
  const [channels, height, width] = isFirst ? [first, second, last] : [last, first, second];
  return channels === 1 || channels === 3 ? { layout: isFirst ? 'nchw' : 'nhwc', channels, height, width } : undefined;
}

const dims = (list: readonly Dim[]) => printable(list.join(', '));

function modelLines({ name, file, inputDims, outputDims }: StarterModel): string[] {
  const input = imageInput(inputDims);
  const zeros = input?.channels === 1 ? '0' : '0, 0, 0';
  return [
    `  # input [${dims(inputDims)}], output [${dims(outputDims)}]`,
    `  ${yamlText(name)}:`,
    `    file: ${yamlText(file)}`,
    `    range: [0, 1]             # what black and white are for the file: [0, 255] and [-1, 1] occur too`,
    `    mean: [${zeros}]           # as in training, after range: the network sees (pixel - mean) / std`,
    `    std: [${zeros.replaceAll('0', '1')}]            # of ImageNet: mean [0.485, 0.456, 0.406], std [0.229, 0.224, 0.225]`,
    `    channels: ${input?.channels === 1 ? 'gray' : 'rgb'}             # or bgr, as OpenCV reads images`,
    `    layout: ${input?.layout ?? 'auto'}`,
  ];
}

/** The one image size in the sample, or undefined where there are several or none. */
function onlySize({ sizes }: DataDescription): { width: number; height: number } | undefined {
  const [first, ...others] = sizes;
  return first && others.every(({ width, height }) => width === first.width && height === first.height)
    ? first
    : undefined;
}

function sizeLines({ models, data }: StarterFacts): string[] {
  const input = imageInput(models[0].inputDims);
  const seen = onlySize(data);
  const seenText = seen ? `${seen.width}×${seen.height}` : 'of several sizes';
  const fixed = typeof input?.height === 'number' && typeof input.width === 'number';
  const target = fixed
    ? { height: input.height, width: input.width }
    : { height: data.sizes.at(0)?.height, width: data.sizes.at(0)?.width };
  const same = seen !== undefined && seen.width === target.width && seen.height === target.height;
  const lines = [
    same
      ? `  resize: error               # images are ${seenText}, as the model takes them; another size is refused`
      : `  resize: cover               # images are ${seenText}; cover crops the centre, contain pads, stretch distorts`,
  ];
  if (!fixed && target.height !== undefined)
    lines.push(`  size: [${target.height}, ${target.width}]             # height and width; the model takes any`);
  return lines;
}

function classLines({ models, data }: StarterFacts): string[] {
  const last = models[0].outputDims.at(-1);
  const logits = typeof last === 'number' ? last : undefined;
  if (data.integerLabels)
    return ['  # classes: [...]             # labels are class indices; name the classes here to see names'];
  const lines = [`  classes: ${yamlList(data.classes)}   # in the order of the model's logits: check this`];
  if (logits !== undefined && logits !== data.classes.length)
    lines.push(
      `  # The model has ${logits} logits and the data ${data.classes.length} classes: list all ${logits} above, in order.`,
    );
  return lines;
}

function dataLines(facts: StarterFacts): string[] {
  const { data, dataPath } = facts;
  const lines = [`  ${data.kind}: ${yamlText(dataPath)}   # ${integer(data.examples)} images`];
  const { columns } = data;
  if (columns) {
    lines.push(`  path: ${yamlText(columns.path)}`, `  label: ${yamlText(columns.label)}`);
    if (columns.id !== undefined) lines.push(`  id: ${yamlText(columns.id)}`);
    const others = columns.others.length > 0 ? `   # not taken: ${printable(columns.others.join(', '))}` : '';
    lines.push(`  groups: ${yamlList(columns.groups)}${others}`);
  }
  return [...lines, ...classLines(facts), ...sizeLines(facts)];
}

function auditLines({ data }: StarterFacts): string[] {
  if ((data.columns?.groups.length ?? 0) === 0)
    return [
      '  - robust-accuracy',
      '  - subgroup-fnr              # needs subgroup columns to compare; without them, one rate for each class',
    ];
  const positive = data.integerLabels ? undefined : data.classes.at(-1);
  if (positive === undefined || data.classes.length > 2)
    return [
      '  - robust-accuracy',
      '  - subgroup-fnr              # each class against the rest; options: { positive: … } for one class',
    ];
  return [
    '  - robust-accuracy',
    '  - audit: subgroup-fnr',
    `    options: { positive: ${yamlText(positive)} }   # the class whose misses matter`,
  ];
}

/** The text of the config; ends with a line end. */
export function starterConfig(facts: StarterFacts): string {
  const notes = facts.data.notes.map((note) => `# Check: ${printable(note)}`);
  return `${[
    '# A Proofhouse audit. Run it with: proofhouse run <this file>',
    '# What can be said here: proofhouse list',
    ...notes,
    '',
    'models:',
    ...facts.models.flatMap(modelLines),
    '',
    'data:',
    ...dataLines(facts),
    '',
    'attacks:',
    '  - attack: pgd',
    '    norm: linf',
    '    epsilon: [2/255, 8/255]   # radii, of pixels from 0 to 1',
    '    options: { steps: 40 }',
    '',
    'audits:',
    ...auditLines(facts),
    '',
    '# A gate decides the exit code: 1 when it fails. What each asks: proofhouse explain floor, worst-subgroup, max-drop …',
    '# gates:',
    '#   - recommended             # no regression, sound attacks, no gap; needs the audit evaluation-health',
    "#   - { metric: 'robust-accuracy@pgd:linf:8/255', floor: 0.3 }",
    '',
    'reports: [html, summary]',
    'gallery: { images: show }     # faces are people: redact, or off',
    'seed: 0',
    'output: out',
  ].join('\n')}\n`;
}
