"""The PyTorch contestant of `course bench vae`: a process of its own, which holds no TensorFlow.

It waits for its turn on standard input, so that it takes no time and no core from the others, and
answers in JSON lines. PyTorch is no dependency of the course.
"""

import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from utils.bench import contest
from utils.bench.elbo import BATCH, negative_elbo
from utils.notebooks.lines import served


class Network(nn.Module):
    """The layers of the Keras example, with Keras's random start."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Conv2d(1, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(7 * 7 * 64, 16), nn.ReLU()),
        )
        self.mean, self.log_var = nn.Linear(16, 2), nn.Linear(16, 2)
        self.decoder = nn.Sequential(
            *(nn.Linear(2, 7 * 7 * 64), nn.ReLU(), nn.Unflatten(1, (64, 7, 7))),
            *(nn.ConvTranspose2d(64, 64, 3, 2, 1, output_padding=1), nn.ReLU()),
            *(nn.ConvTranspose2d(64, 32, 3, 2, 1, output_padding=1), nn.ReLU()),
            nn.ConvTranspose2d(32, 1, 3, 1, 1),
        )
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.xavier_uniform_(parameter)

    def encode(self, images):
        hidden = self.encoder(images)
        return self.mean(hidden), self.log_var(hidden)


class Trainer:
    """The network of the Keras example with its optimizer, its data and their order."""

    def __init__(self, images, seed):
        torch.manual_seed(seed)
        self.network = Network()
        # Keras's epsilon.
        self.optimizer = torch.optim.Adam(self.network.parameters(), eps=1e-7)
        # Channels first, floats on hand: no loader between the data and the step.
        self.images = torch.from_numpy(images.transpose(0, 3, 1, 2) / np.float32(255))
        self.order, self.place = [], 0

    def batch(self):
        if self.place + BATCH > len(self.order):
            self.order, self.place = torch.randperm(len(self.images)), 0
        chosen = self.order[self.place : self.place + BATCH]
        self.place += BATCH
        return self.images[chosen]

    def step(self):
        images = self.batch()
        mean, log_var = self.network.encode(images)
        logits = self.network.decoder(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean))
        total = functional.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        kl = 0.5 * torch.sum(log_var.exp() + mean.square() - 1 - log_var)
        loss = (total + kl) / len(images)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def turn(self, steps, skip):
        losses = [self.step() for _ in range(skip)]
        began = contest.now()
        losses += [self.step() for _ in range(steps)]
        times = [end - begin for end, begin in zip(contest.now(), began, strict=True)]
        return times, np.mean(losses)

    @torch.no_grad()
    def held_out(self, images, noise):
        def encode(part):
            images = torch.from_numpy(part.transpose(0, 3, 1, 2))
            return [each.numpy().astype("float64") for each in self.network.encode(images)]

        def decode(latents):
            logits = self.network.decoder(torch.from_numpy(latents)).numpy().astype("float64")
            return 1 / (1 + np.exp(-logits)).transpose(0, 2, 3, 1)

        return negative_elbo(encode, decode, images, noise)


def main(file, seed, threads):
    torch.set_num_threads(int(threads))
    with np.load(file) as arrays:
        data = {name: arrays[name] for name in arrays.files}
    trainer = Trainer(data["train"], int(seed))
    requests, reply = served()
    reply({"ready": torch.__version__})
    for asked in requests:  # a turn, otherwise the loss on held-out images
        reply(trainer.turn(**asked) if asked else trainer.held_out(data["test"], data["noise"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
