"""The optimizers of the language, from torch, transformers and bitsandbytes.

    optimizer = optimizer_for(parameters, OptimizerPlan("adamw", (0.9, 0.999), 1e-8, 0.01, 0.0), rate=2e-4)

Weight decay is decoupled from the gradient in all of them and touches matrices only (embeddings among them): biases,
norms and the magnitudes of DoRA are vectors, and are not decayed. Tensors of fewer than 4096 numbers keep states of
32 bits in the 8-bit optimizers: that is bitsandbytes' rule.

*Not here:* which of them a device can run (lfine.finetune.compile.optimizers), rates (lfine.finetune.train.schedule).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from lfine.finetune.compile.plan import OptimizerPlan
from lfine.finetune.models.native_library import require_bitsandbytes

Groups = list[dict[str, Any]]
"""Parameter groups as torch's optimizers take them."""


def optimizer_for(parameters: Sequence[nn.Parameter], plan: OptimizerPlan, *, rate: float) -> Optimizer:
    """Return the plan's optimizer over `parameters`; its rate is set anew for every update.

    MachineError LF401 where bitsandbytes is needed and cannot work on their device.
    """
    if plan.type in OF_BITSANDBYTES:
        require_bitsandbytes(parameters[0].device.type, f"the optimizer {plan.type}")
    matrices = [weight for weight in parameters if weight.ndim > 1]
    vectors = [weight for weight in parameters if weight.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": plan.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return MAKERS[plan.type]([group for group in groups if group["params"]], plan, rate)


def adamw(groups: Groups, plan: OptimizerPlan, rate: float) -> Optimizer:
    return torch.optim.AdamW(groups, lr=rate, betas=plan.betas, eps=plan.eps)


def adafactor(groups: Groups, plan: OptimizerPlan, rate: float) -> Optimizer:  # noqa: ARG001 (it has its own constants)
    """With the schedule's rate in place of its own relative one, and without momentum (Shazeer and Stern 2018)."""
    from transformers.optimization import Adafactor

    made: Optimizer = Adafactor(groups, lr=rate, scale_parameter=False, relative_step=False, warmup_init=False)
    return made


def sgd(groups: Groups, plan: OptimizerPlan, rate: float) -> Optimizer:
    """torch's own decay goes through the momentum; here it is decoupled, as in the others (Loshchilov 2019, SGDW)."""
    apart = [{"params": group["params"], "weight_decay": 0.0, "decoupled": group["weight_decay"]} for group in groups]
    optimizer = torch.optim.SGD(apart, lr=rate, momentum=plan.momentum)
    optimizer.register_step_pre_hook(decay)
    return optimizer


@torch.no_grad()
def decay(optimizer: Optimizer, *_: object) -> None:
    """Shrink the weights of each group by its rate times its decay."""
    for group in optimizer.param_groups:
        for weight in group["params"] if group["decoupled"] else ():
            weight.mul_(1 - group["lr"] * group["decoupled"])


def lion(groups: Groups, plan: OptimizerPlan, rate: float) -> Optimizer:
    from bitsandbytes.optim import Lion

    made: Optimizer = Lion(groups, lr=rate, betas=plan.betas)
    return made


def lion_8bit(groups: Groups, plan: OptimizerPlan, rate: float) -> Optimizer:
    from bitsandbytes.optim import Lion8bit

    made: Optimizer = Lion8bit(groups, lr=rate, betas=plan.betas)
    return made


def adamw_8bit(groups: Groups, plan: OptimizerPlan, rate: float) -> Optimizer:
    from bitsandbytes.optim import AdamW8bit

    made: Optimizer = AdamW8bit(groups, lr=rate, betas=plan.betas, eps=plan.eps)
    return made


def paged_adamw(groups: Groups, plan: OptimizerPlan, rate: float) -> Optimizer:
    from bitsandbytes.optim import PagedAdamW32bit

    made: Optimizer = PagedAdamW32bit(groups, lr=rate, betas=plan.betas, eps=plan.eps)
    return made


def paged_adamw_8bit(groups: Groups, plan: OptimizerPlan, rate: float) -> Optimizer:
    from bitsandbytes.optim import PagedAdamW8bit

    made: Optimizer = PagedAdamW8bit(groups, lr=rate, betas=plan.betas, eps=plan.eps)
    return made


OF_BITSANDBYTES = frozenset({"lion", "lion_8bit", "adamw_8bit", "paged_adamw", "paged_adamw_8bit"})
MAKERS: dict[str, Callable[[Groups, OptimizerPlan, float], Optimizer]] = {
    make.__name__: make for make in (adamw, adafactor, sgd, lion, lion_8bit, adamw_8bit, paged_adamw, paged_adamw_8bit)
}
"""By the names of the task language."""
