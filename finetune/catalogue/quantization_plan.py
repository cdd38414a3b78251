"""How the frozen weights of the base model are stored: what compile decides and models obeys.

    QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="bfloat16")

*Not here:* deciding (lfine.finetune.compile) and doing (lfine.finetune.models).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class QuantizationPlan:
    """One scheme of bitsandbytes for every linear layer but the output head."""

    bits: Literal[4, 8]
    """4: blocks of 64 weights (QLoRA, Dettmers et al. 2023); 8: one scale for each row (LLM.int8, 2022)."""
    quant_type: Literal["nf4", "fp4"]
    """The 16 values that 4 bits stand for; not used with 8 bits."""
    double_quant: bool
    """4 bits: quantize the blocks' scales too (0.37 bits less for each weight); not used with 8 bits."""
    compute_dtype: str
    """4 bits: what weights are multiplied in, float32, bfloat16 or float16; that of the model with 8 bits."""
