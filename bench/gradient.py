"""PyTorch's side of gradient.mjs: the same CIFAR ResNet-20 shape, the gradient of cross-entropy w.r.t. the input alone.

Reads one JSON line per command from standard input and answers with one JSON line.
"""
import json
import sys
import time

import numpy
import torch
import torch.nn.functional as F

setup = json.loads(sys.stdin.readline())
torch.set_num_threads(setup["threads"])
flat = torch.from_numpy(numpy.fromfile(setup["weights"], dtype=numpy.float32))
layers, offset = [], 0
for layer in setup["layers"]:
    shape = layer["kernel"]
    size = int(numpy.prod(shape))
    weight = flat[offset : offset + size].reshape(shape)
    bias = flat[offset + size : offset + size + shape[0]]
    offset += size + shape[0]
    layers.append((weight, bias, layer.get("stride", 1)))

batch = setup["batch"]
images = torch.from_numpy(numpy.fromfile(setup["images"], dtype=numpy.float32)).reshape(batch, 3, 32, 32)
labels = torch.tensor(setup["labels"])


def conv(x, layer):
    weight, bias, stride = layer
    return F.conv2d(x, weight, bias, stride, weight.shape[-1] // 2)


def network(x):
    rest = iter(layers)
    x = F.relu(conv(x, next(rest)))
    for width, stride in setup["blocks"]:
        first, second = next(rest), next(rest)
        skip = conv(x, next(rest)) if stride == 2 else x
        x = F.relu(conv(F.relu(conv(x, first)), second) + skip)
    weight, bias, _ = next(rest)
    return F.linear(F.adaptive_avg_pool2d(x, 1).flatten(1), weight, bias)


def gradient():
    x = images.clone().requires_grad_(True)
    loss = F.cross_entropy(network(x), labels, reduction="sum")
    return torch.autograd.grad(loss, x)[0]


print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if "gradient" in command:
        gradient().numpy().tofile(command["gradient"])
        print("{}", flush=True)
    else:
        start = time.perf_counter()
        for _ in range(command["runs"]):
            gradient()
        print(json.dumps({"ms": (time.perf_counter() - start) * 1000 / command["runs"]}), flush=True)
