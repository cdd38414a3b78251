"""A model folder becomes a frozen base model on a device, as the plan says.

    load_base(folder, dtype="bfloat16", device="cpu", quantization=None)   # eval mode, nothing trainable

*Not here:* where the folder comes from (lfine.finetune.models.pulling), adapters (lfine.finetune.models.adapters).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from lfine.finetune.catalogue.cards import read_card
from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.catalogue.weights import weight_files
from lfine.finetune.models.converting import first_line
from lfine.finetune.models.native_library import require_bitsandbytes
from lfine.finetune.models.quantization import DTYPES, quantize_weights
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem


def load_base(
    folder: Path, *, dtype: str, device: str, quantization: QuantizationPlan | None, trust_remote_code: bool = False
) -> transformers.PreTrainedModel:
    """Load a causal language model; raises MachineError LF401, LF403 (device), LF404 (memory) or LF407 (folder).

    `trust_remote_code`: the folder's own Python code may run; only where task and command line both said so.
    """
    read_card(folder)  # names a missing or damaged file before anything large is read
    if not weight_files(folder):
        raise unreadable(folder, "it has no .safetensors file")
    require_device(device)
    if quantization is not None:
        require_bitsandbytes(device, "quantization")
    try:
        model = from_folder(folder, DTYPES[dtype], device, quantization, trusted=trust_remote_code)
        if quantization is not None and device != "cuda":
            quantize_weights(model, quantization)
        if device != "cuda":  # on CUDA the weights were placed while they were read
            model = model.to(device)
    except torch.OutOfMemoryError as error:
        message = f"the memory of the GPU does not hold the base model: {first_line(error)}"
        cure = "quantization: {bits: 4}, or a smaller base_model"
        raise MachineError(Problem("LF404", message, cure)) from error
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, ImportError) as error:
        raise unreadable(folder, first_line(error)) from error
    model.requires_grad_(requires_grad=False)
    return model.eval()


def from_folder(
    folder: Path, dtype: torch.dtype, device: str, quantization: QuantizationPlan | None, *, trusted: bool
) -> transformers.PreTrainedModel:
    """Call transformers; a weight that the files lack is an error, never a random one."""
    kept_quantized = quantization_config(quantization) if device == "cuda" else None
    model, found = transformers.AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=dtype,
        attn_implementation="sdpa",
        quantization_config=kept_quantized,
        device_map={"": torch.cuda.current_device()} if device == "cuda" else None,
        local_files_only=True,
        trust_remote_code=trusted,
        output_loading_info=True,
    )
    if found["missing_keys"]:
        raise ValueError(f"its files lack the weights {', '.join(sorted(found['missing_keys'])[:3])}")
    return model


def quantization_config(plan: QuantizationPlan | None) -> Any:
    """Return transformers' configuration for bitsandbytes' layers."""
    if plan is None:
        return None
    if plan.bits == 8:
        return transformers.BitsAndBytesConfig(load_in_8bit=True)
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=plan.quant_type,
        bnb_4bit_use_double_quant=plan.double_quant,
        bnb_4bit_compute_dtype=DTYPES[plan.compute_dtype],
    )


def require_device(device: str) -> None:
    """Raise MachineError LF403 for a device that this machine does not have."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(device, False):
        raise MachineError(Problem("LF403", f"this machine has no device {device!r}", "trainer.device: auto"))


def unreadable(folder: Path, reason: str) -> MachineError:
    message = f"the model folder {str(folder)!r} cannot be loaded: {reason}"
    return MachineError(Problem("LF407", message, "fetch the model again, or name another base_model"))
