/** The third-party CIFAR-10 images and models that `PROOFHOUSE_DATA` points to. */
import { join } from 'node:path';
import type { ModelPlan } from '../../src/config/plan.ts';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { openDataset } from '../../src/dataset/open.ts';

export const data = process.env.PROOFHOUSE_DATA;
if (data === undefined)
  console.log('skip: PROOFHOUSE_DATA is not set; tests on third-party models and images are skipped');

const folder = data ?? '.';

/** Residual CNN of VNN-COMP 2021, adversarially trained for L∞ 2/255. */
export const resnet2b: ModelPlan = {
  name: 'resnet_2b',
  path: join(folder, 'models/resnet_2b.onnx'),
  preprocessing: {
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.2471, 0.2435, 0.2616],
    channels: 'rgb',
    layout: 'auto',
    range: [0, 1],
  },
};

/** NHWC network exported by tf2onnx. */
export const cifar10Small: ModelPlan = {
  name: 'cifar10_small',
  path: join(folder, 'models/cifar10_small.onnx'),
  preprocessing: { mean: [0], std: [1], channels: 'rgb', layout: 'auto', range: [0, 1] },
};

export const shape = { channels: 3, height: 32, width: 32 };

/** 500 test images, 50 a class. */
export const cifar10 = (): Promise<Dataset> =>
  openDataset(
    { folder: join(folder, 'cifar10'), columns: { path: 'path', label: 'label', groups: 'auto' }, resize: 'error' },
    { shape, logits: 10 },
  );
