/** Which part of the report a finding belongs to, by what it holds: health checks, a forest of subgroups, or neither. */
import type { Finding, HealthCheck, RunRecord } from 'proofhouse/plugin';
import { type Tag, tagOf } from '../look.ts';

export type Chapter = 'trust' | 'robustness' | 'groups';

export function chapterOf({ checks, details }: Finding): Chapter {
  if (checks !== undefined) return 'trust';
  return details.some(({ type }) => type === 'forest') ? 'groups' : 'robustness';
}

export interface ChecksView {
  tag: Tag;
  tally: string;
  checks: { id: string; title: string; kind: string; says: string }[];
}

const KINDS: Record<HealthCheck['verdict'], { kind: string; word: string }> = {
  fail: { kind: 'fail', word: 'fails' },
  warn: { kind: 'inconclusive', word: 'warns' },
  ok: { kind: 'pass', word: 'ok' },
  'n/a': { kind: 'none', word: 'not applicable' },
};
const ORDER = Object.keys(KINDS);

/** Every check of every model as a row of marks, worst first. */
export function checksView({ findings, models }: RunRecord, tags: ReadonlyMap<string, Tag>): ChecksView[] {
  const all = findings.flatMap(({ checks = [] }) => checks);
  return models
    .map(({ name }) => ({ name, of: all.filter(({ model }) => model === name) }))
    .filter(({ of }) => of.length > 0)
    .map(({ name, of }) => ({
      tag: tagOf(tags, name),
      tally: ORDER.flatMap((verdict) => {
        const number = of.filter((check) => check.verdict === verdict).length;
        return number === 0
          ? []
          : [`${number} ${KINDS[verdict as HealthCheck['verdict']].word.replace(/s$/, number === 1 ? 's' : '')}`];
      }).join(', '),
      checks: of
        .toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict))
        .map(({ id, title, verdict, measured }) => {
          const { kind, word } = KINDS[verdict] ?? KINDS.fail;
          return { id, title, kind, says: `${word}: ${title}. ${measured}` };
        }),
    }));
}
