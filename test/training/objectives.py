"""PyTorch's side of objectives-torch.test.ts: the four-layer network in training mode, with losses as their authors' programs state them.

Reads one JSON line (weights, images, labels), prints one: for each objective its losses and the gradients of their mean for every parameter.
"""
import json
import sys

import torch
import torch.nn.functional as F

setup = json.loads(sys.stdin.readline())
torch.set_num_threads(1)


def tensor(value):
    return torch.tensor(value["data"], dtype=torch.float32).reshape(value["dims"])


weights = {name: tensor(value).requires_grad_(True) for name, value in setup["weights"].items()}
clean, adversarial = tensor(setup["clean"]), tensor(setup["adversarial"])
labels = torch.tensor(setup["labels"])
mean, std = (torch.tensor(setup[name]).reshape(1, 3, 1, 1) for name in ("mean", "std"))


def model(x):
    x = (x - mean) / std
    for index in range(1, 5):
        x = F.conv2d(x, weights[f"conv{index}.weight"], stride=2 if index % 2 == 0 else 1, padding=1)
        x = F.batch_norm(
            x, None, None, weights[f"conv{index}.norm.weight"], weights[f"conv{index}.norm.bias"], training=True, eps=1e-5
        )
        x = F.relu(x)
    return F.linear(x.mean((2, 3)), weights["classifier.weight"], weights["classifier.bias"])


def trades():
    logits, moved = model(clean), model(adversarial)
    divergence = F.kl_div(F.log_softmax(moved, 1), F.softmax(logits, 1), reduction="none").sum(1)
    return F.cross_entropy(logits, labels, reduction="none") + 6 * divergence


def mart():
    logits, moved = model(clean), model(adversarial)
    probabilities, clean_probabilities = F.softmax(moved, 1), F.softmax(logits, 1)
    top = probabilities.argsort(1)[:, -2:]
    other = torch.where(top[:, -1] == labels, top[:, -2], top[:, -1])
    margin = F.nll_loss(torch.log(1.0001 - probabilities + 1e-12), other, reduction="none")
    divergence = F.kl_div(torch.log(probabilities + 1e-12), clean_probabilities, reduction="none").sum(1)
    true = clean_probabilities.gather(1, labels.unsqueeze(1)).squeeze()
    return F.cross_entropy(moved, labels, reduction="none") + margin + 6 * divergence * (1.0000001 - true)


def pgd_at():
    return F.cross_entropy(model(adversarial), labels, reduction="none")


answer = {}
for name, loss in {"pgd-at": pgd_at, "trades": trades, "mart": mart}.items():
    losses = loss()
    gradients = torch.autograd.grad(losses.mean(), list(weights.values()))
    answer[name] = {
        "losses": losses.tolist(),
        "gradients": {key: gradient.flatten().tolist() for key, gradient in zip(weights, gradients)},
    }
print(json.dumps(answer))
