/** What a comparison reads, from rows as audits are given them, and plain values for the rest. */
import { type Standings, standingsOf } from '../../src/gate/standings.ts';
import type { AuditInput } from '../../src/plugin/index.ts';

export function standings(input: AuditInput, rest: Partial<Standings> = {}): Standings {
  const { examples, evaluations, models } = input;
  const facts = models.map((name) => ({ name, sha256: name.padEnd(64, '0') }) as never);
  const run = {
    proofhouse: '0.1.0',
    engine: { name: 'onnxruntime-node', version: '1.30.0', device: 'cpu', instructionSet: 'avx2' },
    seed: 0,
    dataset: { sha256: 'd'.repeat(64), examples: examples.length } as never,
    models: facts,
    evaluations: [...evaluations],
  };
  return { ...standingsOf(run, [], (model, evaluation) => input.rows(model, evaluation)), ...rest };
}
