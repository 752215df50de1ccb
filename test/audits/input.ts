/** Builds what an audit is given from predictions alone, as a reader would write them down. */
import type { AuditInput, Evaluation, ExampleRow, Norm, OutcomeRow } from '../../src/plugin/index.ts';

interface Rows {
  predictions: readonly number[];
  /** By default: the prediction is not the label. */
  success?: readonly boolean[];
  /** By default: as success. */
  survives8bit?: readonly boolean[];
}

const norms: Record<string, Norm> = { linf: 'linf', l2: 'l2', l1: 'l1' };

function attackEvaluation(id: string, goal = 'untargeted'): Evaluation {
  const [attack, norm, epsilonText] = id.split(':');
  const [numerator, denominator = '1'] = epsilonText.split('/');
  return {
    id,
    attack,
    title: norm === 'linf' ? `${attack.toUpperCase()}, L∞ ${epsilonText}` : attack.toUpperCase(),
    norm: norms[norm],
    epsilon: Number(numerator) / Number(denominator),
    epsilonText,
    goal,
  };
}

/** `models` maps a model's name to its rows by evaluation id; evaluations appear in the order of the first model that has them. */
export function auditInput(given: {
  classes: readonly string[];
  labels: readonly number[];
  groups?: readonly Record<string, string>[];
  models: Record<string, Record<string, readonly number[] | Rows>>;
  targeted?: readonly string[];
}): AuditInput {
  const examples: ExampleRow[] = given.labels.map((label, index) => ({
    id: `image-${index}`,
    label,
    groups: given.groups?.[index] ?? {},
  }));
  const ids = [...new Set(Object.values(given.models).flatMap((evaluations) => Object.keys(evaluations)))];
  return {
    models: Object.keys(given.models),
    classes: given.classes,
    groupColumns: [...new Set(examples.flatMap(({ groups }) => Object.keys(groups)))],
    evaluations: ids.map((id) =>
      id === 'clean'
        ? { id, attack: 'clean', title: 'Clean' }
        : attackEvaluation(id, given.targeted?.includes(id) ? 'random' : 'untargeted'),
    ),
    examples,
    audits: ['evaluation-health'],
    probes: { evaluations: [], rows: () => undefined, model: () => undefined },
    rows(model, evaluation) {
      const rows = given.models[model]?.[evaluation];
      if (rows === undefined) return undefined;
      const { predictions, success, survives8bit } = 'predictions' in rows ? rows : { predictions: rows };
      return examples.map(({ id, label }, index): OutcomeRow => {
        const succeeded = success?.[index] ?? predictions[index] !== label;
        return {
          model,
          example: id,
          evaluation,
          label,
          prediction: predictions[index],
          confidence: 1,
          scores: [],
          success: succeeded,
          survives8bit: survives8bit?.[index] ?? succeeded,
          queries: { gradient: 0, score: 0, decision: 0 },
        };
      });
    },
  };
}
