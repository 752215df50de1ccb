/**
 * AutoAttack: a fixed sequence of parameter-free attacks. Each example leaves at its first success, so what falls early costs little;
 * in a batch the places of the fallen are taken by other examples.
 */
import { type AttackDefinition, type AttackExample, BestIterate, defineAttack, type Norm, z } from 'proofhouse/plugin';
import apgd from './gradient/apgd.ts';
import fab from './gradient/fab.ts';
import square from './score/square.ts';

interface Member {
  name: string;
  attack: AttackDefinition;
  options: object;
}

/**
 * The members with the budgets of the authors' code. It needs four classes for targeted DLR and three for DLR; below that the margin
 * takes their place, which for two classes has the same gradient up to its length.
 */
function membersOf(version: 'standard' | 'plus' | 'rand', norm: Norm, classes: number): Member[] {
  const l1 = norm === 'l1';
  const samples = version === 'rand' ? 20 : 1;
  const restarts = version === 'plus' || (version === 'standard' && l1) ? 5 : 1;
  const climbing = { iterations: 100, restarts, 'gradient-samples': samples };
  const members = {
    'apgd-ce': { attack: apgd, options: { ...climbing, loss: 'cross-entropy' } },
    'apgd-dlr': { attack: apgd, options: { ...climbing, loss: classes < 3 ? 'margin' : 'dlr' } },
    'apgd-t': {
      attack: apgd,
      options: {
        iterations: 100,
        restarts: 1,
        loss: classes < 4 ? 'margin' : 'dlr',
        targets: version === 'standard' && l1 ? 5 : 9,
      },
    },
    fab: { attack: fab, options: { steps: 100, restarts: 5, targets: 0 } },
    'fab-t': { attack: fab, options: { steps: 100, restarts: 1, targets: 9 } },
    square: { attack: square, options: { queries: 5000, p: 0.8, 'rescale-schedule': false } },
  } satisfies Record<string, Omit<Member, 'name'>>;
  const order: Record<typeof version, readonly (keyof typeof members)[]> = {
    standard: ['apgd-ce', 'apgd-t', 'fab-t', 'square'],
    plus: ['apgd-ce', 'apgd-dlr', 'fab', 'square', 'apgd-t', 'fab-t'],
    rand: ['apgd-ce', 'apgd-dlr'],
  };
  return order[version].map((name) => ({ name, ...members[name] }));
}

export default defineAttack({
  name: 'autoattack',
  title: 'AutoAttack',
  reference: 'Croce & Hein 2020, arXiv:2003.01690; L1: Croce & Hein 2021, arXiv:2103.01208',
  description:
    'The usual yardstick: Auto-PGD on cross-entropy, Auto-PGD on 9 targets, FAB on 9 targets, then 5,000 queries of the Square attack.',
  access: 'gradient',
  threats: ['linf', 'l2', 'l1'],
  options: z.strictObject({
    version: z
      .enum(['standard', 'plus', 'rand'])
      .default('standard')
      .describe(
        'plus: more restarts and untargeted forms; rand: for models that draw random numbers, gradients averaged',
      ),
  }),
  *attack(example: AttackExample, { version }) {
    const { image, threat, classes, random, stop, scoresOf } = example;
    const best = new BestIterate(image);
    for (const [index, { name, attack, options }] of membersOf(version, threat.norm, classes).entries()) {
      const own = { ...example, random: random.fork(name) };
      const point = yield* attack.attack(own, attack.options.parse(options));
      const { achieved } = yield* scoresOf(point);
      // Where all fail, the point of the first stands for the rest.
      best.offer(point, achieved, -index);
      if (achieved && stop === 'success') break;
    }
    return best.point;
  },
});
