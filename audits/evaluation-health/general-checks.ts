/** What a robust accuracy in a norm ball leaves out: transforms and noise, and the certificates that no attack may contradict. */
import { type AuditPlan, InputError, type Norm, normName, suggest } from 'proofhouse/plugin';
import { percent } from '../shared/rate.ts';
import { type About, type Check, checklist, judgeShare, notApplicable } from './check.ts';
import { generalProbes, isProbe } from './probes.ts';
import { shareOf } from './rows.ts';
import type { View } from './view.ts';

/** Certified radii, by example. */
export interface Certificate {
  norm: Norm;
  radii: ReadonlyMap<string, number>;
}

/** @throws InputError where the data has no such column, or a value of it is no radius */
export function certificateOf(
  { groupColumns, examples }: AuditPlan,
  { column, norm }: { column: string; norm: Norm },
): Certificate {
  if (!groupColumns.includes(column))
    throw new InputError(
      `evaluation-health: there is no column ${JSON.stringify(column)} for its option "certified".${suggest(column, groupColumns)}`,
      'Name a column of the manifest that data.groups lists.',
    );
  const radii = examples.flatMap(({ id, groups: { [column]: text } }): [string, number][] => {
    if (text === undefined) return [];
    const radius = text.trim() === '' ? Number.NaN : Number(text);
    if (!(radius >= 0))
      throw new InputError(
        `evaluation-health: ${JSON.stringify(id)} has ${JSON.stringify(text)} in the column ${JSON.stringify(column)}, where a certified radius is expected.`,
        'Write a number of at least 0, or leave the cell blank where nothing is certified.',
      );
    return [[id, radius]];
  });
  return { norm, radii: new Map(radii) };
}

function general({ probes, attacks }: View): Check {
  const about: About = {
    id: 'C17',
    title: 'Transforms and plain noise are reported as well',
    threshold: 'reported',
    source: checklist,
    remedy: '',
  };
  const reported = [
    ...attacks.filter(({ norm }) => norm === 'rotation-translation'),
    ...probes.filter((probe) => generalProbes.some((name) => isProbe(probe, name))),
  ];
  if (reported.length === 0) return notApplicable(about, 'no attack was run');
  return {
    ...about,
    verdict: 'ok',
    value: reported
      .map(
        ({ attack, epsilonText, asked, rows, fell }) =>
          `${percent((rows.size - fell.size) / asked)} correct under ${attack} ${epsilonText}`,
      )
      .join('; '),
    examples: [],
  };
}

function certified({ attacks, targeted, probes }: View, certificate: Certificate | undefined): Check {
  const about: About = {
    id: 'C18',
    title: 'No attack succeeds inside a certified radius',
    threshold: 'none',
    source: checklist,
    remedy: 'The certificate or the attack’s bookkeeping is wrong: no attack can succeed where robustness is proved.',
  };
  if (certificate === undefined)
    return notApplicable(about, 'no certified radii are given: see the option "certified"');
  const { norm, radii } = certificate;
  const shares = [...attacks, ...targeted, ...probes].map(({ id, rows, fell }) =>
    shareOf(
      id,
      [...rows.values()].filter(({ example }) => radii.has(example)),
      ({ example, distances }) =>
        fell.has(example) && distances !== undefined && distances[norm] < (radii.get(example) as number) - 1e-6,
    ),
  );
  return judgeShare(
    about,
    shares,
    { warn: 0, fail: 0 },
    `no example was attacked that has a certified ${normName(norm)} radius`,
  );
}

export const generalChecks = (view: View, certificate: Certificate | undefined): Check[] => [
  general(view),
  certified(view, certificate),
];
