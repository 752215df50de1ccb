/** What changed since the baseline: the flips of each evaluation, who they fall on, and which examples are harmed. */
import { group } from 'd3-array';
import type { Change, RunRecord } from 'proofhouse/plugin';
import { percent, plain, whole } from '../../format.ts';
import { type Tag, tagOf } from '../look.ts';
import { type Cell, count, figure, heading, left, right, type Table, table, tagged, words } from './table.ts';

export interface FlipsView {
  tag: Tag;
  before: string;
  evaluation: string;
  sentence: string;
  kind: string;
  matrix: { stand: string; regressed: string; improved: string; fall: string; total: string };
}

export interface ChangeView {
  source: string;
  summary: Table;
  /** Drawn as matrices: the clean images and the evaluations that moved most. */
  flips: FlipsView[];
  groups: Table | null;
  /** Examples that stood and now fall, and the evaluation that moved each. */
  harmful: Table | null;
  harmfulText: string;
  incomparable: { what: string; differs: string[] }[];
}

const MOST_MATRICES = 6;
const MOST_GROUPS = 60;
const MOST_HARMED = 60;

/** @param raw the changes before their lists of ids were cut */
export function changeView(
  { changes = [], baseline, evaluations, gallery }: RunRecord,
  raw: readonly Change[],
  tags: ReadonlyMap<string, Tag>,
): ChangeView | null {
  if (baseline === undefined && changes.length === 0) return null;
  const titles = new Map(evaluations.map(({ id, title }) => [id, title]));
  const name = (evaluation: string) => titles.get(evaluation) ?? evaluation;
  const compared = changes.flatMap((change, index) => {
    const lists = raw[index]?.paired;
    return change.paired && lists
      ? [{ change, paired: change.paired, harmed: lists.regressed.length, mended: lists.improved.length }]
      : [];
  });
  type Compared = (typeof compared)[number];

  const flips = ({ change, paired, harmed, mended }: Compared): FlipsView => ({
    tag: tagOf(tags, change.model),
    before: change.baselineModel,
    evaluation: name(change.evaluation),
    kind: paired.low > 0 ? 'fail' : paired.high < 0 ? 'pass' : 'none',
    sentence: `${accuracyMoved(paired.drop)} (${Math.round(100 * paired.confidence)} % interval: ${points(-paired.high)} to ${points(-paired.low)})`,
    matrix: {
      stand: whole(paired.stand),
      regressed: whole(harmed),
      improved: whole(mended),
      fall: whole(paired.fall),
      total: whole(paired.total),
    },
  });

  const harmful = harmfulRows(compared, gallery.items);
  const harmedInAll = [...group(raw, ({ model }) => model).values()]
    .map((ofModel) => new Set(ofModel.flatMap(({ paired }) => paired?.regressed ?? [])).size)
    .reduce((sum, examples) => sum + examples, 0);
  return {
    source: baseline
      ? `${baseline.source === 'folder' ? 'the stored baseline' : 'the model'} ${baseline.name}, by Proofhouse ${baseline.proofhouse}`
      : 'the baseline',
    summary: table(
      'Change by evaluation',
      [
        left('Model'),
        left('Under'),
        right('Images'),
        right('Right → wrong'),
        right('Wrong → right'),
        right('Change of accuracy, points'),
        right('p (McNemar, one-sided)'),
      ],
      compared.map(({ change, paired, harmed, mended }): Cell[] => [
        heading(tagged(tagOf(tags, change.model))),
        words(name(change.evaluation)),
        count(paired.total),
        count(harmed),
        count(mended),
        {
          ...figure(-paired.drop, signed(-paired.drop)),
          small: `${points(-paired.high)} to ${points(-paired.low)}`,
        },
        figure(paired.p, plain(paired.p)),
      ]),
    ),
    flips: [
      ...compared.filter(({ change }) => change.evaluation === 'clean'),
      ...compared
        .filter(({ change }) => change.evaluation !== 'clean')
        .toSorted((a, b) => b.paired.drop - a.paired.drop),
    ]
      .slice(0, MOST_MATRICES)
      .map(flips),
    groups: groupsTable(compared, name, tags),
    harmful:
      harmful.length === 0
        ? null
        : table(
            'Harmful flips: right before, wrong now',
            [left('Example'), left('Model'), left('Moved by'), left('Picture')],
            harmful.map(({ example, model, by, href }) => [
              heading(words(example)),
              tagged(tagOf(tags, model)),
              words(by.map(name).join(', ')),
              href === null ? words('–') : { ...words('in the examples'), href },
            ]),
          ),
    harmfulText:
      harmedInAll > harmful.length
        ? `the first ${whole(harmful.length)} of ${whole(harmedInAll)}; results.json lists all`
        : whole(harmedInAll),
    incomparable: changes
      .filter(({ differs }) => differs.length > 0)
      .map(({ model, evaluation, differs }) => ({ what: `${model}, ${name(evaluation)}`, differs })),
  };
}

/** 0.0292 → '2.9': differences of rates are points, not per cent. */
const points = (value: number) => percent(value).replace('\u00a0%', '');

const signed = (value: number) => (value > 0 ? `+${points(value)}` : points(value));

const accuracyMoved = (drop: number) =>
  drop === 0 ? 'Accuracy is unchanged' : `Accuracy ${drop > 0 ? 'falls' : 'rises'} by ${points(Math.abs(drop))} points`;

interface ComparedChange {
  change: Change;
  paired: NonNullable<Change['paired']>;
}

/** Only groups that lost more than they gained, the largest net loss first. */
function groupsTable(
  compared: readonly ComparedChange[],
  name: (evaluation: string) => string,
  tags: ReadonlyMap<string, Tag>,
): Table | null {
  const rows = compared
    .flatMap(({ change, paired }) => paired.groups.map((flips) => ({ change, ...flips })))
    .filter(({ regressed, improved }) => regressed + improved > 0)
    .toSorted((a, b) => b.regressed - b.improved - (a.regressed - a.improved));
  if (rows.length === 0) return null;
  const shown = rows.slice(0, MOST_GROUPS);
  const title =
    shown.length < rows.length
      ? `Flips by subgroup, the first ${shown.length} of ${whole(rows.length)}`
      : 'Flips by subgroup';
  return table(
    title,
    [
      left('Subgroup'),
      left('Model'),
      left('Under'),
      right('Images'),
      right('Right → wrong'),
      right('Wrong → right'),
      right('Net, points'),
    ],
    shown.map(({ change, column, value, total, regressed, improved }): Cell[] => [
      heading(words(`${column} ${value}`)),
      tagged(tagOf(tags, change.model)),
      words(name(change.evaluation)),
      count(total),
      count(regressed),
      count(improved),
      total === 0 ? words('–') : figure((improved - regressed) / total, signed((improved - regressed) / total)),
    ]),
  );
}

/** By example: every evaluation under which it stood before and falls now. Clean regressions first. */
function harmfulRows(compared: readonly ComparedChange[], items: RunRecord['gallery']['items']) {
  const harmed = new Map<string, { example: string; model: string; by: string[] }>();
  for (const { change, paired } of compared.toSorted(
    (a, b) => Number(b.change.evaluation === 'clean') - Number(a.change.evaluation === 'clean'),
  ))
    for (const example of paired.regressed) {
      const key = JSON.stringify([example, change.model]);
      const entry = harmed.get(key) ?? { example, model: change.model, by: [] };
      entry.by.push(change.evaluation);
      harmed.set(key, entry);
    }
  return [...harmed.values()].slice(0, MOST_HARMED).map((entry) => {
    const index = items.findIndex(({ example, model }) => example === entry.example && model === entry.model);
    return { ...entry, href: index < 0 ? null : `#example-${index + 1}` };
  });
}
