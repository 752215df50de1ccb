"""PyTorch's side of training.mjs: ResNet-20 on the same images with the same hyper-parameters, and nothing but PyTorch.

Reads one JSON line of settings, prints one JSON line: seconds and processor seconds of a step and the peak memory in MiB, or the path of the trained network as ONNX.
"""
import base64
import json
import pathlib
import resource
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

setup = json.loads(sys.stdin.readline())
torch.set_num_threads(setup["threads"])
torch.manual_seed(setup["seed"])
rng = numpy.random.default_rng(setup["seed"])
EPSILON, STEP, STEPS, TRADES_STEP, TRADES_STEPS, BETA = 8 / 255, 2 / 255, 7, 0.007, 10, 6

classes = sorted(p.name for p in pathlib.Path(setup["data"]).iterdir() if p.is_dir())
files = [(f, label) for label, name in enumerate(classes) for f in sorted((pathlib.Path(setup["data"]) / name).iterdir())]
images = torch.stack(
    [torch.from_numpy(numpy.asarray(Image.open(f).convert("RGB")).copy()).permute(2, 0, 1).float() / 255 for f, _ in files]
)
labels = torch.tensor([label for _, label in files])


class Block(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.norm2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        same = stride == 1 and inputs == width
        self.shortcut = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        )

    def forward(self, x):
        return F.relu(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))) + self.shortcut(x))


class Normalise(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(1, 3, 1, 1))

    def forward(self, x):
        return (x - self.mean) / self.std


def resnet20():
    layers, inputs = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for width, stride in ((16, 1), (32, 2), (64, 2)):
        for block in range(3):
            layers.append(Block(inputs, width, stride if block == 0 else 1))
            inputs = width
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(Normalise(setup["mean"], setup["std"]), net)


def begin_at(net, path):
    """Gives every convolution and the classifier the weights that training.mjs begins with: {name: base64 of float32}."""
    values = json.loads(pathlib.Path(path).read_text())

    def put(parameter, name):
        array = numpy.frombuffer(base64.b64decode(values[name]), dtype="<f4")
        parameter.data = torch.from_numpy(array.copy()).reshape(parameter.shape)

    put(net[0].weight, "stem.weight")
    blocks = [module for module in net if isinstance(module, Block)]
    for index, block in enumerate(blocks):
        name = f"stage{index // 3 + 1}.block{index % 3 + 1}"
        put(block.conv1.weight, f"{name}.conv1.weight")
        put(block.conv2.weight, f"{name}.conv2.weight")
        if isinstance(block.shortcut, nn.Sequential):
            put(block.shortcut[0].weight, f"{name}.shortcut.weight")
    put(net[-1].weight, "classifier.weight")
    put(net[-1].bias, "classifier.bias")


model = resnet20()
if "initial" in setup:
    begin_at(model[1], setup["initial"])
decayed = [p for p in model.parameters() if p.ndim > 1]
others = [p for p in model.parameters() if p.ndim == 1]
groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0}]
optimizer = torch.optim.SGD(groups, lr=setup["rate"], momentum=0.9, nesterov=True)


def ascend(x, start, step, steps, loss):
    point = start.clamp(0, 1)
    model.eval()
    for _ in range(steps):
        point.requires_grad_(True)
        (gradient,) = torch.autograd.grad(loss(model(point)), point)
        point = point.detach() + step * gradient.sign()
        point = torch.minimum(torch.maximum(point, x - EPSILON), x + EPSILON).clamp(0, 1)
    model.train()
    return point


def loss_of(x, y):
    if setup["objective"] == "standard":
        return F.cross_entropy(model(x), y)
    if setup["objective"] == "pgd-at":
        start = x + torch.empty_like(x).uniform_(-EPSILON, EPSILON)
        return F.cross_entropy(model(ascend(x, start, STEP, STEPS, lambda z: F.cross_entropy(z, y))), y)
    model.eval()
    with torch.no_grad():
        clean = F.softmax(model(x), 1)
    model.train()
    start = x + 0.001 * torch.randn_like(x)
    divergence = lambda z: F.kl_div(F.log_softmax(z, 1), clean, reduction="sum")
    adversarial = ascend(x, start, TRADES_STEP, TRADES_STEPS, divergence)
    logits = model(x)
    robust = F.kl_div(F.log_softmax(model(adversarial), 1), F.softmax(logits, 1), reduction="batchmean")
    return F.cross_entropy(logits, y) + BETA * robust


def augmented(index):
    out = torch.zeros(len(index), 3, 32, 32)
    padded = F.pad(images[index], (4, 4, 4, 4))
    for row in range(len(index)):
        top, left = rng.integers(0, 9, 2)
        crop = padded[row, :, top : top + 32, left : left + 32]
        out[row] = crop.flip(2) if rng.random() < 0.5 else crop
    return out


batch, epochs, peak = setup["batch"], setup["epochs"], 0.3
per_epoch = len(labels) // batch
total, done, timed, busy = epochs * per_epoch, 0, 0.0, 0.0
limit = setup.get("steps")
started = time.perf_counter()
for epoch in range(epochs):
    order = rng.permutation(len(labels))
    for step in range(per_epoch):
        share = done / total
        rate = setup["rate"] * (share / peak if share < peak else (1 - share) / (1 - peak))
        for group in optimizer.param_groups:
            group["lr"] = rate
        index = torch.from_numpy(order[step * batch : (step + 1) * batch])
        before, busy_before = time.perf_counter(), time.process_time()
        loss = loss_of(augmented(index), labels[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if done > 0:
            timed += time.perf_counter() - before
            busy += time.process_time() - busy_before
        done += 1
        if limit is not None and done > limit:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            answer = {"seconds": timed / limit, "cpu": busy / limit, "memory": memory, "version": torch.__version__}
            print(json.dumps(answer))
            sys.exit()
model.eval()
torch.onnx.export(
    model,
    images[:1],
    setup["out"],
    input_names=["image"],
    output_names=["logits"],
    dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
    dynamo=False,
)
print(json.dumps({"out": setup["out"], "seconds": time.perf_counter() - started, "version": torch.__version__}))
