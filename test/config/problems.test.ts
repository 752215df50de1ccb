/** Every mistake in a config is told with its line and column, and with the name that was probably meant. */
import { describe, expect, it } from 'vitest';
import { problemsOf } from './project.ts';

const sound = 'models: { standard: standard.onnx }\ndata: images/\n';

const cases: [what: string, config: string, ...expected: string[]][] = [
  [
    'an unknown key',
    `${sound}atacks: [pgd]\n`,
    'proofhouse.yaml:3:1  atacks: there is no such key. Did you mean "attacks"?',
  ],
  [
    'an unknown key inside a model',
    'models:\n  standard: { file: standard.onnx, layuot: nchw }\ndata: images/\n',
    'proofhouse.yaml:2:36  models.standard.layuot: there is no such key. Did you mean "layout"?',
  ],
  ['a missing section', 'data: images/\n', 'proofhouse.yaml:1:1  models: is required: a mapping of names to values.'],
  ['a wrong type', `${sound}seed: zero\n`, 'proofhouse.yaml:3:7  seed: expected a number; got "zero".'],
  [
    'a fraction where a whole number belongs',
    `${sound}seed: 1.5\n`,
    'proofhouse.yaml:3:7  seed: expected a whole number; got 1.5.',
  ],
  [
    'a number out of range',
    `${sound}engine: { workers: 0 }\n`,
    'proofhouse.yaml:3:20  engine.workers: expected a number greater than 0; got 0.',
  ],
  [
    'a mistyped choice',
    `${sound}gallery:\n  images: redacted\n`,
    'proofhouse.yaml:4:11  gallery.images: "redacted" is not one of show, redact, off. Did you mean "redact"?',
  ],
  [
    'a union of neither kind',
    'models: { standard: 3 }\ndata: images/\n',
    'proofhouse.yaml:1:21  models.standard: expected text, or a mapping of keys to values; got 3.',
  ],
  [
    'a model name that would break ids',
    'models: { "a:b": standard.onnx }\ndata: images/\n',
    'proofhouse.yaml:1:18  models.a:b: "a:b" cannot be a name',
  ],
  ['no model', 'models: {}\ndata: images/\n', 'proofhouse.yaml:1:1  models: names no model'],
  [
    'a missing model file',
    'models:\n  standard: standrad.onnx\ndata: images/\n',
    'proofhouse.yaml:2:13  models.standard: there is no file or folder standrad.onnx. Did you mean "standard.onnx"?',
  ],
  [
    'a folder as a model',
    'models:\n  standard: images\ndata: images/\n',
    'proofhouse.yaml:2:13  models.standard: expected an ONNX file; images is a folder.',
  ],
  [
    'a mean for another number of channels',
    'models: { standard: { file: standard.onnx, mean: [1, 2] } }\ndata: images/\n',
    'proofhouse.yaml:1:50  models.standard.mean: expected 1 or 3 values for channels: rgb; got 2.',
  ],
  [
    'a standard deviation of zero',
    'models: { standard: { file: standard.onnx, std: 0 } }\ndata: images/\n',
    'models.standard.std',
  ],
  [
    'a range upside down',
    'models: { standard: { file: standard.onnx, range: [255, 0] } }\ndata: images/\n',
    'proofhouse.yaml:1:51  models.standard.range: expected black below white, as in [0, 255]; got [255, 0].',
  ],
  [
    'missing data',
    'models: { standard: standard.onnx }\ndata: imagse\n',
    'proofhouse.yaml:2:7  data: there is no file or folder imagse. Did you mean "images"?',
  ],
  [
    'a folder and a manifest',
    'models: { standard: standard.onnx }\ndata: { folder: images, manifest: people.csv }\n',
    'proofhouse.yaml:2:1  data: expected either folder',
    'got both',
  ],
  [
    'a manifest that is a folder',
    'models: { standard: standard.onnx }\ndata: { manifest: images }\n',
    'proofhouse.yaml:2:19  data.manifest: expected a CSV file; images is a folder.',
  ],
  [
    'a manifest column for a folder',
    'models: { standard: standard.onnx }\ndata: { folder: images, label: y }\n',
    'proofhouse.yaml:2:25  data.label: belongs to a CSV manifest',
  ],
  [
    'a class listed twice',
    'models: { standard: standard.onnx }\ndata: { folder: images, classes: [cat, dog, cat] }\n',
    'proofhouse.yaml:2:45  data.classes.2: "cat" is listed twice.',
  ],
  [
    'an unknown attack',
    `${sound}attacks: [pdg]\n`,
    'proofhouse.yaml:3:11  attacks.0.attack: there is no attack "pdg". Did you mean "pgd"?',
  ],
  [
    'a norm that the attack does not know',
    `${sound}attacks:\n  - attack: pgd\n    norm: l0\n`,
    'proofhouse.yaml:5:11  attacks.0.norm: "l0" is no threat of pgd, which knows linf, l2, l1.',
  ],
  [
    'a mistyped norm',
    `${sound}attacks:\n  - { attack: pgd, norm: L-inf }\n`,
    'proofhouse.yaml:4:26  attacks.0.norm: "L-inf" is no threat of pgd, which knows linf, l2, l1. Did you mean "linf"?',
  ],
  [
    'an unknown option of an attack',
    `${sound}attacks:\n  - attack: pgd\n    options: { stepz: 3 }\n`,
    'proofhouse.yaml:5:16  attacks.0.options.stepz: there is no such key. Did you mean "steps"?',
  ],
  [
    'an option out of range',
    `${sound}attacks: [{ attack: pgd, options: { steps: -1 } }]\n`,
    'proofhouse.yaml:3:44  attacks.0.options.steps: expected a number greater than 0; got -1.',
  ],
  [
    'ε of the wrong sign',
    `${sound}attacks: [{ attack: pgd, epsilon: -8/255 }]\n`,
    'proofhouse.yaml:3:35  attacks.0.epsilon: ε must be greater than 0, got -8/255. Did you mean 8/255?',
  ],
  [
    'ε of zero',
    `${sound}attacks: [{ attack: pgd, epsilon: 0 }]\n`,
    'proofhouse.yaml:3:35  attacks.0.epsilon: ε must be greater than 0, got 0',
  ],
  [
    'ε in units of 255',
    `${sound}attacks: [{ attack: pgd, epsilon: [8/255, 8] }]\n`,
    'proofhouse.yaml:3:43  attacks.0.epsilon.1: ε for linf is at most 1',
    'Did you mean 8/255?',
  ],
  [
    'ε that is no number',
    `${sound}attacks: [{ attack: pgd, epsilon: eight }]\n`,
    'proofhouse.yaml:3:35  attacks.0.epsilon: ε must be a number or a fraction such as 8/255, got "eight".',
  ],
  ['ε over nothing', `${sound}attacks: [{ attack: pgd, epsilon: 8/0 }]\n`, 'ε must be finite'],
  [
    'an ε given twice',
    `${sound}attacks: [{ attack: pgd, epsilon: [8/255, 16/510] }]\n`,
    'proofhouse.yaml:3:43  attacks.0.epsilon.1: 16/510 repeats 8/255.',
  ],
  [
    'an attack given twice',
    `${sound}attacks: [pgd, { attack: pgd, options: { steps: 5 } }]\n`,
    'attacks.1: two attacks would both be called pgd:linf.',
    'give one of them a name',
  ],
  [
    'a target class by name without names',
    `${sound}attacks: [{ attack: pgd, target: { class: cat } }]\n`,
    'attacks.0.target.class: a class is named only where data.classes lists them',
  ],
  [
    'an unknown audit',
    `${sound}audits: [robust-acuracy]\n`,
    'proofhouse.yaml:3:10  audits.0: there is no audit "robust-acuracy". Did you mean "robust-accuracy"?',
  ],
  [
    'an unknown option of an audit',
    `${sound}audits: [{ audit: subgroup-fnr, options: { postive: cat } }]\n`,
    'proofhouse.yaml:3:44  audits.0.options.postive: there is no such key. Did you mean "positive"?',
  ],
  [
    'an unknown report',
    `${sound}reports: [htlm]\n`,
    'proofhouse.yaml:3:11  reports.0: there is no report "htlm". Did you mean "html"?',
  ],
  ['a gate without a limit', `${sound}gates: [{ metric: clean-accuracy }]\n`, 'gates.0: sets no limit'],
  [
    'a gate on an unknown model',
    `${sound}gates: [{ metric: clean-accuracy, floor: 0.5, models: [standart] }]\n`,
    'proofhouse.yaml:3:56  gates.0.models.0: there is no model "standart". Did you mean "standard"?',
  ],
  [
    'a gate on an ε that is not run',
    `${sound}attacks: [{ attack: pgd, epsilon: 8/255 }]\ngates: [{ metric: 'robust-accuracy@pgd:linf:4/255', floor: 0.5 }]\n`,
    'proofhouse.yaml:4:19  gates.0.metric: this run does not evaluate "pgd:linf:4/255". Did you mean "pgd:linf:8/255"?',
  ],
  [
    'a run folder among the images',
    `${sound}output: images/out\n`,
    'proofhouse.yaml:3:9  output: the run folder must not lie inside the folder of images.',
  ],
  ['a plugin that is not there', `${sound}plugins: [./mine.ts]\n`, 'plugins: there is no file or folder ./mine.ts.'],
  [
    'a plugin package that is not installed',
    `${sound}plugins: [proofhouse-plugin-nowhere]\n`,
    'there is no package proofhouse-plugin-nowhere',
    'npm install proofhouse-plugin-nowhere',
  ],
];

describe('a mistake in a config', () => {
  it.each(cases)('%s', async (_, config, ...expected) => {
    const message = await problemsOf(config);
    for (const part of expected) expect(message).toContain(part);
  });

  it('is told with all the others', async () => {
    const message = await problemsOf(
      `models: { standard: gone.onnx }\ndata: nowhere\nattacks: [pdg, { attack: fgsm, epsilon: 8 }]\n`,
    );
    expect(message.split('\n')).toHaveLength(4);
  });

  it('shows a hostile key without obeying it', async () => {
    const message = await problemsOf(`${sound}"\\e[31mred\\nproofhouse.yaml:1:1  forged": 1\n`);
    expect(message.split('\n')).toHaveLength(1);
    expect(message).not.toContain('\u001b');
  });
});

describe('a mistake in a flag', () => {
  const config = `${sound}attacks: [{ attack: pgd, epsilon: 8/255 }]\n`;
  it.each([
    [{ epsilon: '8/255,16' }, '--epsilon  attacks.0.epsilon.1: ε for linf is at most 1'],
    [{ norm: 'l3' }, '--norm  attacks.0.norm: "l3" is no threat of pgd'],
    [{ attack: ['pgdd'] }, '--attack  attacks.0.attack: there is no attack "pgdd". Did you mean "pgd"?'],
    [{ mean: '0.5,x,0.5' }, '--mean  models.standard.mean'],
    [{ seed: 'one' }, '--seed  seed: expected a number; got "one".'],
    [{ batchSize: '1.5' }, '--batch-size  engine.batch-size: expected a whole number; got 1.5.'],
    [{ layout: 'chw' }, '--layout  models.standard.layout: "chw" is not one of auto, nchw, nhwc. Did you mean "nchw"?'],
    [{ data: 'gone/' }, '--data  data'],
    [{ model: ['gone.onnx'] }, '--model  models.gone: there is no file or folder gone.onnx.'],
    [{ images: 'hide' }, '--images  gallery.images: "hide" is not one of show, redact, off.'],
  ])('%j', async (flags, expected) => {
    expect(await problemsOf(config, flags)).toContain(expected);
  });

  it('two models of one name', async () => {
    expect(await problemsOf(config, { model: ['a/net.onnx', 'b/net.onnx'] })).toContain('--model first=a.onnx');
  });
});
