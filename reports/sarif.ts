/**
 * SARIF 2.1.0: the gates that do not hold, on the lines of the config that declare them, as code scanning shows alerts. A rule's id is a
 * gate's id and its fingerprint rests on gate and model alone, so an alert is followed from run to run however limits and numbers move.
 * Written out here: node-sarif-builder is a layer over the same object literals that brings fs-extra, and has no fingerprints.
 */
import { createHash } from 'node:crypto';
import { defineReport, type GateKind, type GateResult, z } from 'proofhouse/plugin';
import { shorten, visible, visibleData } from './text.ts';

const KINDS: Record<GateKind, string> = {
  floor: 'The metric keeps its floor',
  ceiling: 'The metric keeps its ceiling',
  'max-drop': 'The accuracy does not fall behind the baseline',
  'worst-subgroup': 'Every subgroup keeps the limit',
  'subgroup-gap': 'No two subgroups differ by more than is tolerated',
  'attack-health': 'No check of the attacks themselves fails',
};

/** Of gate and model, so that no limit, number or place is in it. */
const fingerprint = ({ id, model }: GateResult) =>
  createHash('sha256')
    .update(JSON.stringify([id, model]))
    .digest('hex');

/** A relative reference by RFC 3986, whatever the names hold. */
const uriOf = (folder: string, file: string) =>
  [...folder.split('/'), file]
    .filter((part) => part !== '' && part !== '.')
    .map((part) => encodeURIComponent(visible(part)))
    .join('/');

/** One descriptor an id; two models may share one. */
const ruleOf = ({ id, kind, level }: GateResult) => ({
  id: visible(id),
  shortDescription: { text: shorten(visible(`${KINDS[kind] ?? kind}: ${id}`)) },
  defaultConfiguration: { level: level === 'error' ? 'error' : 'warning' },
});

function resultOf(gate: GateResult, ruleIndex: number, folder: string) {
  const { id, model, verdict, effect, measured, low, high, threshold, unit, method, source, accepted } = gate;
  const { rule, why, fix } = visibleData({ rule: gate.rule, why: gate.why, fix: gate.fix });
  return {
    ruleId: visible(id),
    ruleIndex,
    level: effect === 'blocks' ? 'error' : 'warning',
    message: { text: `${shorten(visible(model))}: ${rule}: ${why}${fix === undefined ? '' : ` ${fix}`}` },
    ...(source && {
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: uriOf(folder, source.file), uriBaseId: '%SRCROOT%' },
            region: { startLine: source.line, startColumn: source.column },
          },
        },
      ],
    }),
    partialFingerprints: { 'proofhouseGate/v1': fingerprint(gate) },
    ...(accepted?.state === 'holds' && {
      suppressions: [{ kind: 'external', status: 'accepted', justification: shorten(visible(accepted.reason)) }],
    }),
    properties: { verdict, effect, measured, low, high, threshold, unit, method },
  };
}

export default defineReport({
  name: 'sarif',
  title: 'SARIF',
  description: 'Gates that do not hold, as alerts on the config lines that declare them, for code scanning.',
  file: 'results.sarif',
  options: z.strictObject({
    folder: z.string().default('').describe("the config's folder within the repository, where it is not the root"),
  }),
  render({ record: { gates, proofhouse } }, { folder }) {
    const alerts = gates.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'not applicable');
    const rules = alerts.map(ruleOf);
    const ids = [...new Set(rules.map(({ id }) => id))];
    const log = {
      $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'Proofhouse',
              version: proofhouse,
              rules: ids.flatMap((id) => rules.find((rule) => rule.id === id) ?? []),
            },
          },
          columnKind: 'utf16CodeUnits',
          results: alerts.map((gate) => resultOf(gate, ids.indexOf(visible(gate.id)), folder)),
        },
      ],
    };
    return `${JSON.stringify(log, null, 2)}\n`;
  },
});
