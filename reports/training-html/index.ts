/** The report of a training: one self-contained file, without a script, that shows how the network learned and which epoch is kept. A pure function of the record. */
import type { TrainingRecord } from 'proofhouse/plugin';
import { pageOf, TEMPLATES } from '../html/page.ts';
import { trainingView } from './view.ts';

const page = pageOf([TEMPLATES, new URL('templates/', import.meta.url)], '');

/** @returns HTML; the same record gives the same bytes */
export default function render(record: TrainingRecord): string {
  return page(trainingView(record));
}
