/** Turns the view of a run into the bytes of the page: compiles the templates, inlines style and script, and writes the policy that locks them in. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { ReportView } from './view/report.ts';

/** In the order in which later ones win. */
const STYLES = ['tokens', 'page', 'verdict', 'gates', 'charts', 'tables', 'sections', 'gallery', 'narrow', 'print'];

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

interface Page extends ReportView {
  policy: string;
  style: string;
  script: string;
}

let compiled: ((page: Page) => string) | undefined;

/** The templates as one function. `strict` makes a name that a view does not have an error instead of a blank. */
function template(): (page: Page) => string {
  if (compiled) return compiled;
  const handlebars = Handlebars.create();
  // 0 is a place on an axis; Handlebars' own `if` takes it for nothing.
  handlebars.registerHelper('present', (value: unknown) => typeof value === 'number');
  for (const file of readdirSync(new URL('templates/', import.meta.url)).toSorted())
    handlebars.registerPartial(file.replace(/\.hbs$/, ''), read(`templates/${file}`));
  compiled = handlebars.compile<Page>('{{> page}}', { strict: true, preventIndent: true });
  return compiled;
}

export function renderPage(view: ReportView): string {
  const style = STYLES.map((name) => read(`styles/${name}.css`)).join('\n');
  const script = read('report.client.js');
  const policy = [
    "default-src 'none'",
    `style-src ${sha256(style)}`,
    `script-src ${sha256(script)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return template()({ ...view, policy, style, script });
}
