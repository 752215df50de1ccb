/** A network's layers as a table, with its inputs, outputs and totals. */
import type { Dim, ValueInfo } from '../onnx/graph.ts';
import type { Layer, LayerSummary } from '../onnx/summary.ts';
import { type Column, colour, integer, printable, table } from './terminal.ts';

const dimsText = (dims: readonly Dim[] | undefined) => (dims === undefined ? '?' : `[${dims.join(', ')}]`);

/** '3×3', or '3' where all are the same. */
const axes = (values: readonly number[]) =>
  values.every((value) => value === values[0]) ? String(values[0]) : values.join('×');

/** '3×3, stride 2, pad 1', without what is usual. */
function windowText({ window }: Layer): string {
  if (!window) return '';
  const { kernel, strides, pads, dilations } = window;
  const parts = [kernel.join('×')];
  if (strides.some((stride) => stride !== 1)) parts.push(`stride ${axes(strides)}`);
  if (pads.some((pad) => pad !== 0)) parts.push(`pad ${axes(pads)}`);
  if (dilations.some((dilation) => dilation !== 1)) parts.push(`dilation ${axes(dilations)}`);
  return parts.join(', ');
}

function fieldText({ receptiveField }: Layer): string {
  if (receptiveField === undefined) return '';
  return receptiveField === 'image' ? 'image' : receptiveField.size.join('×');
}

const countText = (value: number | undefined) => (value === undefined ? '?' : value === 0 ? '' : integer(value));

const valueText = ({ name, type, dims }: ValueInfo) => printable(`${name} ${type} ${dimsText(dims)}`);

const columns: Column[] = [
  { title: 'operator' },
  { title: 'name' },
  { title: 'output' },
  { title: 'window' },
  { title: 'receptive field', align: 'right' },
  { title: 'parameters', align: 'right' },
  { title: 'multiply-adds', align: 'right' },
];

export function layerReport({ producer, opset, inputs, outputs, layers, totals }: LayerSummary): string {
  const rows = layers.map((layer) => [
    printable(layer.op),
    printable(layer.name),
    printable(dimsText(layer.shape)),
    windowText(layer),
    fieldText(layer),
    countText(layer.parameters),
    countText(layer.macs),
  ]);
  const uncounted = totals.uncounted > 0 ? ` (without ${totals.uncounted} layers that cannot be counted)` : '';
  return [
    table(columns, rows),
    '',
    ...inputs.map((value) => `${colour('bold', 'input        ')}  ${valueText(value)}`),
    ...outputs.map((value) => `${colour('bold', 'output       ')}  ${valueText(value)}`),
    `${colour('bold', 'file         ')}  opset ${opset}${producer === '' ? '' : `, written by ${printable(producer)}`}`,
    `${colour('bold', 'parameters   ')}  ${integer(totals.parameters)}`,
    `${colour('bold', 'multiply-adds')}  ${integer(totals.macs)} for one image${uncounted}`,
  ].join('\n');
}
