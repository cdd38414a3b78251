"""Liger's fused kernels in place of a model's norms, rotary embedding and gated block (Hsu et al. 2024), for CUDA.

    use_liger(model)      # before the adapter is put in; the loss and the vocabulary projection stay ours

Liger changes the layers of this model and, for the rotary embedding, the family's function in transformers, for as long
as the process lives.

*Not here:* when (lfine.finetune.compile.kernels).
"""

from __future__ import annotations

from transformers import PreTrainedModel

from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

SILU = ("silu", "swish")
"""Activations that Liger's gated block computes; it takes any other for one of them without a word."""


def use_liger(model: PreTrainedModel) -> None:
    """Change the model in place; MachineError LF401 where liger-kernel is there and cannot be loaded."""
    try:
        from liger_kernel.transformers import _apply_liger_kernel_to_instance as apply
    except (ImportError, OSError, RuntimeError) as error:
        message = f"liger-kernel is installed and cannot be loaded: {str(error).splitlines()[0]}"
        cure = "pip install -U 'lfine[kernels]', or pip uninstall liger-kernel: the plan then has torch's kernels"
        raise MachineError(Problem("LF401", message, cure)) from error
    apply(
        model=model,
        rope=True,
        rms_norm=True,
        swiglu=model.config.hidden_act in SILU,
        cross_entropy=False,
        fused_linear_cross_entropy=False,
    )
