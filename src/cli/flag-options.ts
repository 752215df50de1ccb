/** The flags of `run`: each says the same as a key of the config, and wins over it. */
import { type Command, Option } from 'commander';
import type { Flags } from '../config/flags.ts';

/** Collects a flag that may be given several times. */
export const repeated = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** How gates are weighed, for commands that judge. */
export function addGateFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--context <context>', 'what the verdict is for; decides what too little evidence does').choices([
        'release',
        'pull-request',
      ]),
    )
    .addOption(new Option('--fail-on <level>', 'least level of a gate that blocks').choices(['warn', 'error']))
    .option('--report-only', 'judge the gates, and block nothing');
}

export function addConfigFlags(command: Command): Command {
  return addGateFlags(command)
    .option('--model <file>', 'ONNX file, or name=file; repeat for several models', repeated)
    .option('--data <path>', 'folder with one folder per class, or a CSV manifest')
    .option('--attack <name>', 'attack to run; repeat for several', repeated)
    .option('--norm <norm>', 'norm of every attack: linf, l2, l1, l0')
    .option('--epsilon <list>', 'radii of every attack, such as 2/255,8/255')
    .option('--mean <list>', 'preprocessing: mean per channel, such as 0.49,0.48,0.45')
    .option('--std <list>', 'preprocessing: standard deviation per channel')
    .option('--channels <order>', 'channel order that the file expects: rgb, bgr, gray')
    .option('--layout <layout>', 'axis order that the file expects: auto, nchw, nhwc')
    .option('--range <low,high>', 'what black and white are for the file, such as 0,255')
    .option('--limit <n>', 'keep only the first n examples')
    .option('--decide <when>', 'all, or early: stop attacking as soon as every gate is settled')
    .option('--seed <n>', 'seed of every random choice')
    .option('--images <mode>', 'images in the report: show, redact, off')
    .option('--baseline <folder>', 'what to compare with: a folder of `proofhouse baseline update`, or a run folder')
    .option('--baseline-model <file>', 'an ONNX file to compare with: it meets the same attacks in this run')
    .option('--history <file>', 'file that gets one line for each run, shown in the report')
    .option('--output <folder>', 'run folder')
    .option('--workers <n>', 'worker threads (speed only)')
    .option('--threads <n>', "the runtime's threads in each worker (speed only)")
    .option('--batch-size <n>', 'images in one call of the runtime (speed only)');
}

export interface RunFlags extends Flags {
  resume?: true;
  overwrite?: true;
  shard?: string;
}
