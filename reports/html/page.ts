/** Turns a view into the bytes of a page: compiles the templates, inlines style and script, and writes the policy that locks them in. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { ReportView } from './view/report.ts';

/** In the order in which later ones win. */
const STYLES = ['tokens', 'page', 'verdict', 'gates', 'charts', 'tables', 'sections', 'gallery', 'narrow', 'print'];

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

interface Inlined {
  policy: string;
  style: string;
  script: string;
}

/**
 * A function from a view to a page.
 *
 * @param templates folders of templates, each a partial by its file's name; of the page itself, `page.hbs`, the last folder's
 * @param script text of the one script that the page runs; '' for none
 */
export function pageOf(templates: readonly URL[], script: string): (view: object) => string {
  let compiled: ((page: Inlined) => string) | undefined;
  return (view) => {
    compiled ??= compile(templates);
    const style = STYLES.map((name) => read(`styles/${name}.css`)).join('\n');
    const policy = [
      "default-src 'none'",
      `style-src ${sha256(style)}`,
      ...(script === '' ? [] : [`script-src ${sha256(script)}`]),
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; ');
    return compiled({ ...view, policy, style, script });
  };
}

/** The templates as one function. `strict` makes a name that a view does not have an error instead of a blank. */
function compile(folders: readonly URL[]): (page: Inlined) => string {
  const handlebars = Handlebars.create();
  // 0 is a place on an axis; Handlebars' own `if` takes it for nothing.
  handlebars.registerHelper('present', (value: unknown) => typeof value === 'number');
  for (const folder of folders)
    for (const file of readdirSync(folder).toSorted())
      handlebars.registerPartial(file.replace(/\.hbs$/, ''), readFileSync(new URL(file, folder), 'utf8'));
  return handlebars.compile<Inlined>('{{> page}}', { strict: true, preventIndent: true });
}

export const TEMPLATES = new URL('templates/', import.meta.url);

let report: ((view: object) => string) | undefined;

export function renderPage(view: ReportView): string {
  report ??= pageOf([TEMPLATES], read('report.client.js'));
  return report(view);
}
