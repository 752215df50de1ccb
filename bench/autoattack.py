"""The authors' AutoAttack for autoattack.mjs, on the same network and images.

Arguments: where AutoAttack is (a folder, or `installed`), and a folder with the setup or --probe. Prints one JSON line.
"""
import inspect
import json
import sys
import time
from pathlib import Path

where, task = sys.argv[1:]
if where != "installed":
    sys.path.insert(0, where)

import numpy
import torch
import torch.nn.functional as F

try:
    from autoattack import AutoAttack
except ImportError:
    from pyautoattack.autoattack import AutoAttack

if task == "--probe":
    sys.exit()

folder = Path(task)
setup = json.loads((folder / "setup.json").read_text())
torch.set_num_threads(setup["threads"])
flat = torch.from_numpy(numpy.fromfile(folder / "weights", dtype=numpy.float32))
weights, offset = {}, 0
for entry in setup["weights"]:
    size = int(numpy.prod(entry["dims"]))
    weights[entry["name"]] = flat[offset : offset + size].reshape(entry["dims"])
    offset += size
labels = torch.tensor(setup["labels"])
images = torch.from_numpy(numpy.fromfile(folder / "images", dtype=numpy.float32)).reshape(len(labels), 3, 32, 32)
mean = torch.tensor(setup["mean"]).reshape(1, 3, 1, 1)
std = torch.tensor(setup["std"]).reshape(1, 3, 1, 1)


def evaluate(node, values):
    inputs = [values[name] for name in node["inputs"]]
    attributes = node["attributes"]
    if node["op"] == "Conv":
        top, left, bottom, right = attributes["pads"]
        assert (top, left) == (bottom, right)
        return F.conv2d(*inputs, stride=attributes["strides"], padding=(top, left))
    if node["op"] == "Gemm":
        assert attributes["transB"] == 1
        return F.linear(*inputs)
    return {"Relu": F.relu, "Add": torch.add, "Flatten": lambda x: x.flatten(1)}[node["op"]](*inputs)


class Network(torch.nn.Module):
    def forward(self, x):
        values = {**weights, setup["input"]: (x - mean) / std}
        for node in setup["nodes"]:
            values[node["output"]] = evaluate(node, values)
        return values[setup["output"]]


model = Network().eval()
results = []
for epsilon in setup["epsilons"]:
    options = {"norm": "Linf", "eps": epsilon, "version": "standard", "seed": 0, "device": "cpu"}
    known = inspect.signature(AutoAttack.__init__).parameters
    attack = AutoAttack(model, **{key: value for key, value in options.items() if key in known})
    # The name of the batch size differs between releases.
    run = attack.run_standard_evaluation
    batch = {name: 250 for name in ("bs", "batch_size") if name in inspect.signature(run).parameters}
    start = time.perf_counter()
    adversarial = run(images, labels, **batch)
    seconds = time.perf_counter() - start
    if isinstance(adversarial, tuple):
        adversarial = adversarial[0]
    with torch.no_grad():
        standing = int((model(adversarial).argmax(1) == labels).sum())
    results.append({"seconds": seconds, "standing": standing})
print(json.dumps(results))
