/** The whole page as plain data, in reading order: what a template may print. Text is made visible here, once, before anything else sees it. */
import type { ReportInput, RunRecord } from 'proofhouse/plugin';
import { visibleData } from '../../text.ts';
import { modelTags, type Tag } from '../look.ts';
import { bounded } from './bounded.ts';
import { type CardView, cardView } from './card.ts';
import { type ChangeView, changeView } from './change.ts';
import { type Chapter, type ChecksView, chapterOf, checksView } from './chapters.ts';
import { type DecidedView, decidedView } from './decided.ts';
import { type FindingView, findingView } from './finding.ts';
import { type GalleryView, galleryView } from './gallery.ts';
import { type HistoryView, historyView } from './history.ts';
import { metricIndex } from './metrics.ts';
import { pictures } from './pictures.ts';
import { type ReproduceView, reproduceView } from './reproduce.ts';
import { type SightView, sightView } from './sight.ts';
import { type SubjectView, subjectView } from './subject.ts';
import { type VerdictView, verdictView } from './verdict.ts';

export interface ReportView {
  title: string;
  proofhouse: string;
  contents: { href: string; text: string }[];
  verdict: VerdictView;
  models: Tag[];
  decided: DecidedView;
  checks: ChecksView[];
  trust: FindingView[];
  robustness: FindingView[];
  groups: FindingView[];
  /** Said where the record has no subgroups to speak of. */
  noSubgroups: boolean;
  attacked: boolean;
  change: ChangeView | null;
  gallery: GalleryView;
  sight: SightView | null;
  history: HistoryView | null;
  card: CardView | null;
  subject: SubjectView;
  reproduce: ReproduceView;
}

export function reportView(record: RunRecord, images: ReportInput['images']): ReportView {
  const shown = visibleData(bounded(record));
  const tags = modelTags(shown.models.map(({ name }) => name));
  const metrics = metricIndex(shown.findings);
  const findings = shown.findings.map((finding, index) => ({
    chapter: chapterOf(finding),
    view: findingView(finding, index, shown, tags, metrics),
  }));
  const of = (wanted: Chapter) => findings.filter(({ chapter }) => chapter === wanted).map(({ view }) => view);
  const sections = new Map(
    shown.findings.map(({ audit }, index) => [
      audit,
      { href: `#${findings[index].view.id}`, text: findings[index].view.title },
    ]),
  );
  const verdict = verdictView(shown, tags);
  const draw = pictures(shown, images);
  const raw = record.gallery.items;
  const view: Omit<ReportView, 'contents'> = {
    title: `${verdict.word}: ${shown.models.map(({ name }) => name).join(', ')}`,
    proofhouse: shown.proofhouse,
    verdict,
    models: [...tags.values()],
    decided: decidedView({ record: shown, tags, metrics, sections }),
    checks: checksView(shown, tags),
    trust: of('trust'),
    robustness: of('robustness'),
    groups: of('groups'),
    noSubgroups: shown.dataset.groupColumns.length === 0,
    attacked: shown.evaluations.some(({ id }) => id !== 'clean'),
    change: changeView(shown, record.changes ?? [], tags),
    gallery: galleryView(shown, raw, draw, tags),
    sight: sightView(shown, raw, draw, tags),
    history: historyView(shown, tags, metrics),
    card: cardView(record),
    subject: subjectView(shown, tags),
    reproduce: reproduceView(shown, record, tags),
  };
  return { ...view, contents: contentsOf(view) };
}

function contentsOf({ change, sight, history }: Omit<ReportView, 'contents'>): ReportView['contents'] {
  const entries: [string, string | null][] = [
    ['verdict', 'Verdict'],
    ['gates', 'Gates'],
    ['trust', 'Trust'],
    ['robustness', 'Robustness'],
    ['groups', 'Groups'],
    ['change', change && 'Change'],
    ['gallery', 'Examples'],
    ['sight', sight && 'Sight'],
    ['history', history && 'History'],
    ['card', 'Card'],
    ['subject', 'Tested'],
    ['reproduce', 'Reproduce'],
  ];
  return entries.flatMap(([id, text]) => (text === null ? [] : [{ href: `#${id}`, text }]));
}
