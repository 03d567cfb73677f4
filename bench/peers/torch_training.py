"""The peer of bench/training.ts: the same masked-diffusion Transformer in PyTorch eager, float32.

Prints one JSON line: tokens per second, peak resident memory in MiB, parameters.
"""
import argparse
import json
import resource
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

parser = argparse.ArgumentParser()
for name, default in dict(width=256, layers=6, rows=16, length=128, vocabulary=512, steps=10).items():
    parser.add_argument(f"--{name}", type=int, default=default)
args = parser.parse_args()
HEAD = 32
MASK = args.vocabulary - 1


def rms_norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class Block(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.gate = nn.Linear(width, hidden, bias=False)
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)
        self.q_gain = nn.Parameter(torch.ones(HEAD))
        self.k_gain = nn.Parameter(torch.ones(HEAD))

    def forward(self, x, cos, sin):
        rows, length, width = x.shape
        q, k, v = self.qkv(rms_norm(x)).view(rows, length, 3, width // HEAD, HEAD).permute(2, 0, 3, 1, 4)
        q, k = (rotate(rms_norm(part) * gain, cos, sin) for part, gain in ((q, self.q_gain), (k, self.k_gain)))
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(rows, length, width)
        x = x + self.out(mixed)
        normed = rms_norm(x)
        return x + self.down(F.silu(self.gate(normed)) * self.up(normed))


def rotate(x, cos, sin):
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        hidden = round(args.width * 8 / 3 / 32) * 32
        self.embed = nn.Embedding(args.vocabulary, args.width)
        self.blocks = nn.ModuleList(Block(args.width, hidden) for _ in range(args.layers))
        self.head = nn.Linear(args.width, args.vocabulary, bias=False)
        length = args.length + 1
        angles = torch.arange(length)[:, None] * 10000 ** (-torch.arange(0, HEAD, 2) / HEAD)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, ids, rows):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.head(rms_norm(x).flatten(0, 1)[rows])


torch.manual_seed(0)
model = Transformer()
optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.05)


def step():
    clean = torch.randint(0, 256, (args.rows, args.length))
    t = torch.rand(args.rows, 1) * 0.999 + 0.001
    masked = torch.rand(args.rows, args.length) < t
    ids = torch.cat([torch.full((args.rows, 1), MASK - 1), torch.where(masked, MASK, clean)], 1)
    # row i - 1 predicts position i, and only masked positions are predicted
    rows = (torch.arange(args.rows)[:, None] * (args.length + 1) + torch.arange(args.length))[masked]
    weight = (1 / t).clamp(max=5).expand_as(clean)[masked]
    loss = (F.cross_entropy(model(ids, rows), clean[masked], reduction="none") * weight).sum() / clean.numel()
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()


for _ in range(3):
    step()
start = time.perf_counter()
for _ in range(args.steps):
    step()
seconds = time.perf_counter() - start
print(json.dumps({
    "speed": args.steps * args.rows * args.length / seconds,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "parameters": sum(p.numel() for p in model.parameters()),
}))
