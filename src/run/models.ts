/** The models of a run before anything is attacked: opened, described, and checked against the attacks that are planned. */
import type { ModelPlan, SeriesPlan } from '../config/plan.ts';
import { describeModel } from '../engine/describe.ts';
import { InputError } from '../errors.ts';
import type { AttackDefinition, ImageShape } from '../plugin/attack.ts';
import type { ModelFacts } from '../plugin/record.ts';

export interface PreparedModels {
  /** Of the audited models. */
  facts: ModelFacts[];
  surrogates: ModelFacts[];
  /** Image shape that all models share. */
  shape: ImageShape;
  classes: number;
  notes: string[];
}

/**
 * @param surrogates models that attacks may be made on beside the audited ones
 * @param size [height, width] that the data section asks for, which a model with free image size takes
 * @throws InputError when a model cannot be read, does not fit the others, or lacks the gradient that an attack needs
 */
export async function prepareModels(
  plans: readonly ModelPlan[],
  surrogates: readonly ModelPlan[],
  series: readonly { plan: SeriesPlan; attack: AttackDefinition }[],
  size: readonly [number, number] | undefined,
): Promise<PreparedModels> {
  const described = [];
  for (const plan of [...plans, ...surrogates]) described.push(await describeModel(plan, size));
  const [first] = described;
  for (const other of described.slice(1)) {
    const differs = (['channels', 'height', 'width'] as const).find((key) => first.shape[key] !== other.shape[key]);
    if (differs !== undefined || first.facts.output.classes !== other.facts.output.classes) {
      throw new InputError(
        `The models ${first.facts.name} and ${other.facts.name} cannot be compared on the same images: ` +
          `${sizes(first)} against ${sizes(other)}.`,
        'Audit them in separate runs.',
      );
    }
  }
  for (const { facts } of described) {
    const isAudited = plans.some(({ name }) => name === facts.name);
    requireAccess(
      facts,
      series.filter(({ plan }) => (plan.surrogate === undefined ? isAudited : plan.surrogate === facts.name)),
    );
  }
  const facts = described.map((one) => one.facts);
  return {
    facts: facts.slice(0, plans.length),
    surrogates: facts.slice(plans.length),
    shape: first.shape,
    classes: first.facts.output.classes,
    notes: described.flatMap(({ notes }) => notes),
  };
}

const sizes = ({ facts, shape }: { facts: ModelFacts; shape: ImageShape }): string =>
  `${shape.channels}×${shape.height}×${shape.width} and ${facts.output.classes} classes`;

function requireAccess(facts: ModelFacts, series: readonly { plan: SeriesPlan; attack: AttackDefinition }[]): void {
  if (facts.gradient.available) return;
  const needing = series.filter(({ attack }) => attack.access === 'gradient').map(({ plan }) => plan.attack);
  if (needing.length === 0) return;
  throw new InputError(
    `${facts.file}: no gradient can be derived, which ${[...new Set(needing)].join(', ')} needs: ${facts.gradient.reason}`,
    'Attacks that need scores or labels only can still be run; `proofhouse list attacks` shows what each needs.',
  );
}
