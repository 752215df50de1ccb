/** The gradient check of a file by itself, at random images. */

import { drive } from '../collect/drive.ts';
import { checkGradient, type GradientCheck } from '../collect/gradient-check.ts';
import { NotANumberError } from '../collect/judging.ts';
import type { ModelPlan } from '../config/plan.ts';
import { OnnxModel } from '../engine/onnx-model.ts';
import { oracleOf } from '../engine/oracle.ts';
import { InputError } from '../errors.ts';
import type { ImageShape } from '../plugin/attack.ts';
import { createRandom } from '../random.ts';

const DIRECTIONS = 16;

export interface GradientChecks {
  /** Of `GradientCheck.error`. */
  median: number;
  largest: number;
  directions: number;
  /** Largest of all. */
  logitDifference: number;
}

/** @throws InputError where the model cannot be opened, or answers with logits that are not numbers */
export async function checkGradients(plan: ModelPlan, shape: ImageShape): Promise<GradientChecks> {
  const model = await OnnxModel.open(plan, { threads: 1, batchSize: DIRECTIONS, shape });
  try {
    const image = new Float32Array(shape.channels * shape.height * shape.width);
    const checks: GradientCheck[] = [];
    const check = function* (index: number) {
      const subject = { model: plan.name, example: { id: `random image ${index + 1}`, label: 0 }, image };
      checks.push(yield* checkGradient(subject, model.classes, createRandom('gradient check', index)));
    };
    let next = 0;
    const oracle = oracleOf(model, async () => model);
    await drive(async () => (next < DIRECTIONS ? check(next++) : undefined), oracle, { batchSize: DIRECTIONS });
    const errors = checks.map(({ error }) => error).toSorted((a, b) => a - b);
    return {
      median: (errors[DIRECTIONS / 2 - 1] + errors[DIRECTIONS / 2]) / 2,
      largest: errors[DIRECTIONS - 1],
      directions: DIRECTIONS,
      logitDifference: Math.max(...checks.map(({ logitDifference }) => logitDifference)),
    };
  } catch (error) {
    if (!(error instanceof NotANumberError)) throw error;
    throw new InputError(error.message, 'A classifier must answer every image with numbers; export it again.');
  } finally {
    await model.close();
  }
}
