/** The loop of training: batches in a keyed order, the gradient of each, one update at a time. Which threads there are changes no bit of it. */
import { InputError } from '../errors.ts';
import type { LoopNeeds } from '../plugin/objective.ts';
import type { ExampleRow } from '../plugin/outcome.ts';
import type { SelectionMeasure } from '../plugin/training-record.ts';
import { batchGradient } from './batch-gradient.ts';
import { batchesOf, type Split } from './batches.ts';
import { evaluate } from './evaluate.ts';
import { equalWeights, exampleWeights, type Groups, updatedWeights } from './group-weights.ts';
import { earlyEnd, type HeldOut } from './guard.ts';
import type { Layout } from './layout.ts';
import { createOptimizer, type Optimizer } from './optimizer.ts';
import type { TrainingPlan } from './plan.ts';
import { flat, spread } from './replay.ts';
import { rateAt } from './schedule.ts';
import { isBetter } from './selection.ts';
import { atStart, copyOf, type Position, type Snapshot, type TrainingState } from './state.ts';
import type { SharedState } from './task.ts';
import type { Team } from './team.ts';
import { perturbed } from './weight-perturbation.ts';

export interface FitProgress {
  epoch: number;
  /** Steps done in this epoch and in all of it. */
  step: number;
  steps: number;
  /** Means over the epoch so far. */
  loss: number;
  accuracy: number;
  /** Images trained on so far in this run. */
  images: number;
}

export interface FitHooks {
  onStep?: (progress: FitProgress) => void;
  onEpoch?: (state: TrainingState) => void;
  /** Called where the state is whole: after an epoch, and between steps as often as it likes. */
  checkpoint: (state: TrainingState, reason: 'epoch' | 'step') => Promise<void>;
  signal?: AbortSignal | undefined;
}

export interface Fit {
  plan: TrainingPlan;
  layout: Layout;
  team: Team;
  shared: SharedState;
  /** Views of the objective: a normalisation's statistics come once for each. */
  views: number;
  loop: LoopNeeds;
  /** What the best epoch is chosen by. */
  measure: SelectionMeasure;
  /** Where the objective weights groups. */
  groups: Groups | undefined;
  examples: readonly ExampleRow[];
  groupColumns: readonly string[];
  parts: Split;
  heldOut: HeldOut;
}

/** Share of the batch's statistics that enters the running ones. */
const MOMENTUM = 0.1;

/**
 * Trains from a state to the end of the plan.
 *
 * @returns the final state; `best` is the checkpoint to keep
 * @throws InputError where the loss is no longer a number; the last checkpoint is good
 */
export async function fit(run: Fit, state: TrainingState, hooks: FitHooks): Promise<TrainingState> {
  const { plan, layout, shared, parts, loop, groups } = run;
  const optimizer = createOptimizer(plan.optimizer, layout, state.buffers.length > 0 ? state.buffers : undefined);
  state.buffers = optimizer.buffers;
  if (state.carried.perturbations) spread(state.carried.perturbations, shared.perturbations);
  if (groups) state.carried.groupWeights ??= equalWeights(groups);
  const times = loop.replay?.times ?? 1;
  const steps = times * Math.floor(parts.training.length / plan.batchSize);
  while (!isOver(run, state)) {
    const { epoch } = state.position;
    const batches = batchesOf(parts.training, plan.batchSize, epoch, plan.seed);
    for (let { step } = state.position; step < steps; step++) {
      hooks.signal?.throwIfAborted();
      await update(
        run,
        state,
        optimizer,
        batches[Math.floor(step / times)],
        (epoch * steps + step) / (plan.epochs * steps),
      );
      state.position.step = step + 1;
      const { loss, correct, seen } = state.position;
      hooks.onStep?.({
        epoch,
        step: step + 1,
        steps,
        loss: loss / seen,
        accuracy: (correct.at(-1) ?? 0) / seen,
        images: (epoch * steps + step + 1) * plan.batchSize,
      });
      await hooks.checkpoint(state, 'step');
    }
    await finishEpoch(run, state, steps);
    hooks.onEpoch?.(state);
    await hooks.checkpoint(state, 'epoch');
  }
  publish(shared, state);
  return state;
}

/** Asked before each epoch and answered from the state alone, so that a resumed run ends where an unbroken one does. */
const isOver = (run: Fit, state: TrainingState): boolean =>
  state.position.epoch >= run.plan.epochs || earlyEndOf(run, state) !== undefined;

/** Why training ends before its last epoch. */
export const earlyEndOf = ({ plan, loop, heldOut }: Fit, { curves, best }: TrainingState) =>
  earlyEnd(curves, best?.epoch, heldOut, { patience: plan.selection.patience, collapse: loop.collapse });

/** Copies a snapshot to where the team reads it. */
export function publish(shared: SharedState, { weights, statistics }: Snapshot): void {
  new Float32Array(shared.weights).set(weights);
  new Float32Array(shared.statistics).set(statistics);
}

async function update(
  run: Fit,
  state: TrainingState,
  optimizer: Optimizer,
  batch: readonly number[],
  done: number,
): Promise<void> {
  const { plan, layout, shared, views, loop, groups } = run;
  const { position, carried } = state;
  publish(shared, state);
  const awp = loop.weightPerturbation;
  const twice = awp !== undefined && position.epoch >= awp.warmUp;
  const request = {
    epoch: position.epoch,
    version: position.updates,
    batch,
    weights:
      groups && carried.groupWeights
        ? exampleWeights(groups, carried.groupWeights, batch)
        : batch.map(() => 1 / batch.length),
  };
  let pass = await batchGradient(run, twice ? { ...request, adversaries: 'keep' } : request);
  if (twice) {
    publish(shared, { ...state, weights: perturbed(state.weights, pass.gradient, layout, awp.gamma) });
    pass = await batchGradient(run, { ...request, adversaries: 'kept' });
  }
  const { gradient, length, loss, losses, correct } = pass;
  if (!Number.isFinite(loss)) throw diverged(plan, position, 'loss');
  if (!Number.isFinite(length)) throw diverged(plan, position, 'gradient');
  if (plan.clip !== undefined && length > plan.clip) {
    const shrink = plan.clip / length;
    for (let i = 0; i < gradient.length; i++) gradient[i] *= shrink;
  }
  optimizer.update(state.weights, gradient, plan.learningRate * rateAt(plan.schedule, done), position.updates + 1);
  if (!allFinite(state.weights)) throw diverged(plan, position, 'weights');
  // Portion after portion, and view after view within it, as one process would have met them.
  for (const buffer of shared.batchStatistics) {
    const seen = new Float32Array(buffer);
    for (let view = 0; view < views; view++) {
      const offset = view * layout.statisticCount;
      for (let i = 0; i < layout.statisticCount; i++)
        state.statistics[i] += MOMENTUM * (seen[offset + i] - state.statistics[i]);
    }
  }
  position.updates++;
  position.loss += loss * batch.length;
  position.seen += batch.length;
  for (const [view, count] of correct.entries()) position.correct[view] = (position.correct[view] ?? 0) + count;
  if (groups && carried.groupWeights)
    carried.groupWeights = updatedWeights(groups, carried.groupWeights, batch, losses);
  if (loop.replay) carried.perturbations = flat(shared.perturbations);
  if (plan.average !== undefined) average(state, plan.average);
}

function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

/** Training that cannot go on from where it is. */
export class Diverged extends InputError {}

const diverged = ({ learningRate }: TrainingPlan, { epoch, step }: Position, what: 'loss' | 'gradient' | 'weights') =>
  new Diverged(
    `Training diverged in epoch ${epoch + 1}, step ${step + 1}: the ${what} ${what === 'weights' ? 'are' : 'is'} no number any more.`,
    `Lower the learning rate (it was ${learningRate} at its peak), add warm-up, or clip gradients.`,
  );

/** Averages weights; the running statistics, averages themselves, are those of the moment. */
function average(state: TrainingState, decay: number): void {
  if (state.average === undefined) {
    state.average = copyOf(state);
    return;
  }
  // Early on the average of few steps is short (as in Tarvainen and Valpola 2017).
  const share = 1 - Math.min(decay, (1 + state.position.updates) / (10 + state.position.updates));
  const { weights, statistics } = state.average;
  for (let i = 0; i < weights.length; i++) weights[i] += share * (state.weights[i] - weights[i]);
  statistics.set(state.statistics);
}

async function finishEpoch(run: Fit, state: TrainingState, steps: number): Promise<void> {
  const { plan, shared, groups, measure } = run;
  const { epoch, loss, correct, seen, updates } = state.position;
  const judged = state.average ?? state;
  publish(shared, judged);
  const fares = await evaluate(run, updates);
  const rates = Array.from({ length: steps }, (_, step) =>
    rateAt(plan.schedule, (epoch * steps + step) / (plan.epochs * steps)),
  );
  state.curves.push({
    epoch: epoch + 1,
    learningRate: plan.learningRate * Math.max(...rates),
    trainLoss: loss / seen,
    trainAccuracy: correct.map((count) => count / seen),
    ...fares,
    ...(groups && {
      groupWeights: groups.names.map((group, place) => ({ group, weight: state.carried.groupWeights?.[place] ?? 0 })),
    }),
  });
  const record = state.curves[state.curves.length - 1];
  const before = state.curves.find((other) => other.epoch === (state.best?.epoch ?? -1) + 1);
  if (before === undefined || isBetter(record, before, measure)) state.best = { ...copyOf(judged), epoch };
  state.position = { ...atStart(), epoch: epoch + 1, updates };
}
