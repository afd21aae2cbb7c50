"""Whether rounding could change a golden: it is computed again with noise on all weights."""

import copy

import torch

SIZE = 1e-6


def noisy(model, seed, size=SIZE):
    """A copy of a model with noise on all weights."""
    generator = torch.Generator().manual_seed(seed)
    out = copy.deepcopy(model)
    with torch.no_grad():
        for p in out.parameters():
            p.add_(size * torch.randn(p.shape, generator=generator))
    return out


class Copies:
    """A model with copies that have noise, as much as the goldens have to bear and more, and one in f64.

    In f64 transformers' masks make numbers of padding NaN, so that copy takes one row at a time.
    """

    def __init__(self, model):
        self.model = model
        self.noisy = [noisy(model, seed, size) for seed, size in enumerate((SIZE, SIZE, 3 * SIZE))]
        self.precise = copy.deepcopy(model).double()

    def agreed(self, compute):
        """What compute makes of the model if it makes the same of the copies with noise, else None."""
        want = compute(self.model)
        return want if all(compute(m) == want for m in self.noisy) else None
