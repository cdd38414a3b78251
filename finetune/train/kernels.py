"""Operations of a decoder layer as one step of autograd each, their gradients written out.

    use_kernels(model, ("norm", "gate", "adapter"))      # once, after the adapter was put in

norm:    y = w * x / rms(x)                    (RMSNorm, Zhang & Sennrich 2019; inside in float32, as transformers does)
gate:    y = down(silu(gate(x)) * up(x))       (SwiGLU, Shazeer 2020; frozen, without biases)
adapter: y = x W' + b + s * (drop(x) A') B'    (LoRA, Hu et al. 2021; W and b frozen)

What autograd would keep and copy between the small operations is not made: no float32 copy of the input of every
adapted layer, no input kept where nothing trained needs it. In float32 the numbers are those of the modules but for the
order of sums; in bfloat16 the adapter's products are taken in bfloat16, as mixed precision does, from float32 weights.

*Not here:* attention (shared_attention.py), the loss (vocabulary.py), which of them a plan uses
(lfine.finetune.compile.machine_passes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

ADAPTER = "default"
SILU = ("SiLU", "SiLUActivation")
"""Names of the activation's class: torch's, and that of newer transformers."""
Forward = Callable[..., Tensor]


class RmsNorm(torch.autograd.Function):
    """x (…, H), weight (H,) frozen -> (…, H)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        wide = x.float()
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)  # (…, 1)
        ctx.save_for_backward(x, weight, scale)
        return (wide * scale).to(x.dtype).mul_(weight)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        """d/dx = scale * (g - n * mean(g * n)), n the normed x and g the gradient times the weight."""
        x, weight, scale = ctx.saved_tensors
        wide = grads[0].float() * weight.float()
        normed = x.float() * scale
        share = (wide * normed).mean(-1, keepdim=True)
        return wide.sub_(normed.mul_(share)).mul_(scale).to(x.dtype), None, None


class Gate(torch.autograd.Function):
    """x (…, H), gate and up (I, H), down (H, I), all frozen -> (…, H)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gate: Tensor, up: Tensor, down: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        opened, value = flat @ gate.T, flat @ up.T  # (T, I)
        ctx.save_for_backward(opened, value, gate, up, down)
        return (functional.silu(opened).mul_(value) @ down.T).view(x.shape)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        opened, value, gate, up, down = ctx.saved_tensors
        grad = grads[0]
        inner = grad.reshape(-1, grad.shape[-1]) @ down  # (T, I)
        of_value = functional.silu(opened).mul_(inner)
        of_opened = torch.ops.aten.silu_backward(inner.mul_(value), opened)
        found = (of_opened @ gate).addmm_(of_value, up)
        return found.view(grad.shape), None, None, None


class Adapter(torch.autograd.Function):
    """x (…, I), dropped (…, I) or None, weight (O, I) and bias (O,) frozen, a (r, I), b (O, r) -> (…, O)."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        dropped: Tensor | None,
        layer: tuple[Tensor, Tensor | None],
        a: Tensor,
        b: Tensor,
        scale: float,
    ) -> Tensor:
        (weight, bias), flat = layer, x.reshape(-1, x.shape[-1])
        taken = flat if dropped is None else dropped.reshape(-1, x.shape[-1])
        down, up = a.to(x.dtype), b.to(x.dtype)
        inner = taken @ down.T  # (T, r)
        found = functional.linear(flat, weight, bias).addmm_(inner, up.T, alpha=scale)
        ctx.save_for_backward(taken, inner, weight, down, up)
        ctx.scale, ctx.apart, ctx.trained = scale, dropped is not None, a.dtype
        return found.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, Tensor, Tensor, None]:
        taken, inner, weight, down, up = ctx.saved_tensors
        grad = grads[0].reshape(-1, weight.shape[0])
        shape = (*grads[0].shape[:-1], weight.shape[1])
        of_inner = (grad @ up).mul_(ctx.scale)  # (T, r)
        of_b = (grad.T @ inner).to(ctx.trained).mul_(ctx.scale)
        of_a = (of_inner.T @ taken).to(ctx.trained)
        of_x = of_dropped = None
        if ctx.needs_input_grad[0]:
            of_x = grad @ weight
            if not ctx.apart:
                of_x.addmm_(of_inner, down)
            of_x = of_x.view(shape)
        if ctx.apart and ctx.needs_input_grad[1]:
            of_dropped = (of_inner @ down).view(shape)
        return of_x, of_dropped, None, of_a, of_b, None


def use_kernels(model: PreTrainedModel, kernels: Sequence[str]) -> dict[str, int]:
    """Let modules compute by the kernels named, for the model's life; return how many each of them found."""
    found = dict.fromkeys(kernels, 0)
    for module in model.modules():
        for name in kernels:
            forward = FORWARDS[name](module)
            if forward is not None:
                setattr(module, "forward", forward)  # noqa: B010 (mypy lets no method be assigned)
                found[name] += 1
    return found


def _norm(module: Any) -> Forward | None:
    """Take transformers' RMSNorms of Llama's form: their weight multiplies what was normed, and they say their eps."""
    eps = getattr(module, "variance_epsilon", None)
    if not type(module).__name__.endswith("RMSNorm") or eps is None or _trained(module):
        return None
    return lambda x: rms_norm(x, module.weight, eps)


def _gate(module: Any) -> Forward | None:
    layers: list[Any] = [getattr(module, name, None) for name in ("gate_proj", "up_proj", "down_proj")]
    if not all(_plain(layer) and layer.bias is None for layer in layers):
        return None
    if type(getattr(module, "act_fn", None)).__name__ not in SILU or _trained(module):
        return None
    return lambda x: gated(x, *(layer.weight for layer in layers))


def _adapter(module: Any) -> Forward | None:
    """Take peft's plain LoRA on a linear layer; a merged or disabled one computes as peft does."""
    if type(module) is not LoraLinear or list(module.active_adapters) != [ADAPTER]:
        return None
    layer = module.get_base_layer()
    if not _plain(layer) or module.use_dora.get(ADAPTER) or _trained(layer):
        return None
    plain = module.forward

    def forward(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if module.disable_adapters or module.merged or args or kwargs:
            result: Tensor = plain(x, *args, **kwargs)
            return result
        drop = module.lora_dropout[ADAPTER]
        dropped = drop(x) if module.training and getattr(drop, "p", 0) > 0 else None
        weights = module.lora_A[ADAPTER].weight, module.lora_B[ADAPTER].weight
        return adapted(x, dropped, (layer.weight, layer.bias), *weights, module.scaling[ADAPTER])

    return forward


rms_norm: Forward = RmsNorm.apply
gated: Forward = Gate.apply
adapted: Forward = Adapter.apply
FORWARDS: dict[str, Callable[[Any], Forward | None]] = {"norm": _norm, "gate": _gate, "adapter": _adapter}


def _trained(module: nn.Module) -> bool:
    return any(weight.requires_grad for weight in module.parameters())


def _plain(layer: Any) -> bool:
    """Whether a layer is torch's own and nothing else happens around it: a computation in another dtype, for one."""
    return type(layer) is nn.Linear and not (layer._forward_pre_hooks or layer._forward_hooks)
