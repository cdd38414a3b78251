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


def dropped(x: Tensor, p: float) -> Tensor:
    """Draw which values of `x` dropout takes away, True there: 16 bits for each, so p is met to 1/65536.

    A quarter of the draws of torch's own dropout, which took a seventh of the update (docs/LOG.md).
    """
    drawn = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device).random_(-(2**63), None)
    bits = drawn.view(torch.int16)[: x.numel()].view(x.shape)  # uniform in -32768 … 32767
    return bits < round(p * 65536) - 32768


class Adapter(torch.autograd.Function):
    """x (…, I), weight (O, I) and bias (O,) frozen, a (r, I), b (O, r) -> (…, O).

    `gone`: where dropout takes x away from the adapter; what is left is scaled up by way of `scale`.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        gone: Tensor | None,
        layer: tuple[Tensor, Tensor | None],
        a: Tensor,
        b: Tensor,
        scale: float,
    ) -> Tensor:
        (weight, bias), flat = layer, x.reshape(-1, x.shape[-1])
        down, up = a.to(x.dtype), b.to(x.dtype)
        inner = _without(x, gone).reshape(flat.shape) @ down.T  # (T, r)
        found = functional.linear(flat, weight, bias).addmm_(inner, up.T, alpha=scale)
        ctx.save_for_backward(x, gone, inner, weight, down, up)
        ctx.scale, ctx.trained = scale, a.dtype
        return found.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, None, None, Tensor, Tensor, None]:
        x, gone, inner, weight, down, up = ctx.saved_tensors
        grad = grads[0].reshape(-1, weight.shape[0])
        of_inner = (grad @ up).mul_(ctx.scale)  # (T, r)
        of_b = (grad.T @ inner).to(ctx.trained).mul_(ctx.scale)
        of_a = (of_inner.T @ _without(x, gone).reshape(-1, x.shape[-1])).to(ctx.trained)
        if not ctx.needs_input_grad[0]:
            return None, None, None, of_a, of_b, None
        of_x = grad @ weight
        if gone is None:
            of_x.addmm_(of_inner, down)
        else:
            of_x += (of_inner @ down).masked_fill_(gone.view(of_x.shape), 0)
        return of_x.view(x.shape), None, None, of_a, of_b, None


def _without(x: Tensor, gone: Tensor | None) -> Tensor:
    return x if gone is None else x.masked_fill(gone, 0)


def use_kernels(model: PreTrainedModel, kernels: Sequence[str]) -> dict[str, int]:
    """Let modules compute by the kernels named, for the model's life; return how many each of them found.

    Those of a library (liger) are none of ours: lfine.finetune.models.liger.
    """
    found = {name: 0 for name in kernels if name in FORWARDS}
    for module in model.modules():
        for name in found:
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
        p = getattr(module.lora_dropout[ADAPTER], "p", 0.0) if module.training else 0.0
        weights = module.lora_A[ADAPTER].weight, module.lora_B[ADAPTER].weight
        gone = dropped(x, p) if p else None
        return adapted(x, gone, (layer.weight, layer.bias), *weights, module.scaling[ADAPTER] / (1 - p))

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
