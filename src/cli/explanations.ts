/** What the documentation says of a gate's rule, a metric or a health check: the pages that ship with the package are the one source. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureName } from '../gate/check.ts';
import { packageRoot } from '../package-root.ts';

const page = (name: string) => readFileSync(join(packageRoot(), 'docs', name), 'utf8');

/** Markdown as a terminal reads it. */
const plain = (markdown: string) =>
  markdown
    .replaceAll(/^```\w*\n|\n?^```$/gm, '')
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .replaceAll('**', '')
    .replaceAll(/(?<!`)`([^`]+)`(?!`)/g, '$1')
    .trim();

export interface Explanation {
  topic: string;
  text: string;
}

/** The sections of docs/gates.md; one on 'floor and ceiling' explains both. */
export function rules(): Explanation[] {
  return page('gates.md')
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const [title, ...body] = section.split('\n');
      return title.split(' and ').map((topic) => ({ topic, text: plain(body.join('\n')) }));
    });
}

/** The bullets of docs/health.md; one on several checks explains each. */
export function checks(): Explanation[] {
  return page('health.md')
    .split(/^(?=- \*\*)/m)
    .slice(1)
    .flatMap((bullet) => {
      const text = plain(bullet.split(/\n\n/)[0].slice(2).replaceAll(/\n\s*/g, ' '));
      const names = bullet.slice(0, bullet.indexOf(':')).matchAll(/\*\*([^*]+)\*\*/g);
      return Array.from(names, ([, topic]) => ({ topic, text }));
    });
}

/** The rows of the table of metrics in docs/results.md, by what they measure: 'robust-accuracy', 'fnr-gap'. */
export function metrics(): Explanation[] {
  const [, section = ''] = page('results.md').split(/^## Metrics$/m);
  const rows = section.split(/^## /m)[0].matchAll(/^\| (`.*?) +\| (.*?) +\|$/gm);
  return Array.from(rows, ([, ids, text]) =>
    Array.from(ids.matchAll(/`([^`]+)`/g), ([, id]) => ({ topic: measureName(id).split('.')[0], text: plain(text) })),
  ).flat();
}
