/**
 * The HTML report: one self-contained file that a release manager reads in ten seconds, an engineer in ten minutes and
 * an auditor later, offline. It draws what the record says and computes no result of its own.
 */
import { defineReport, z } from 'proofhouse/plugin';
import { renderPage } from './page.ts';
import { reportView } from './view/report.ts';

export default defineReport({
  name: 'html',
  title: 'HTML report',
  description:
    'One self-contained page: verdict, gates, robustness curves, subgroups, a gallery of attacked images and how to repeat the run.',
  file: 'report.html',
  options: z.strictObject({}),
  render: ({ record, images }) => renderPage(reportView(record, images)),
});
