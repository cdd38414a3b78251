"""Keys and values of other fine-tuning tools, and what they are called here.

    RENAMED_KEYS["lora_r"] == "adapter.r"
    owners("lora_r") == "Axolotl's and Hugging Face's"

*Not here:* the words by tool (foreign_keys.py), slips of the pen (lfine.schemas.suggestions); whole files of other
tools (`lfine init --from`).
"""

from __future__ import annotations

from collections.abc import Mapping

from lfine.schemas.foreign_keys import RENAMED, REPLACED


def _flat(by_tool: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for words in by_tool.values():
        for word, meaning in words.items():
            found.setdefault(word, meaning)
    return found


RENAMED_KEYS: dict[str, str] = _flat(RENAMED)
"""The key here that means the same."""

REPLACED_KEYS: dict[str, str] = _flat(REPLACED)
"""Keys whose value changes too, or that are not needed."""

RENAMED_VALUES: dict[str, str] = {
    "adam": "adamw",
    "adam_8bit": "adamw_8bit",
    "adamw_bnb_8bit": "adamw_8bit",
    "adamw_torch": "adamw",
    "adamw_torch_fused": "adamw",
    "adamw_hf": "adamw",
    "bf16": "bfloat16",
    "chat": "messages",
    "chat_template": "messages",
    "classification": "category",
    "class": "category",
    "dev": "validation",
    "float": "number",
    "fp16": "float16",
    "fp32": "float32",
    "full_finetune": "finetune",
    "gpu": "cuda",
    "half": "float16",
    "int": "integer",
    "left": "start",
    "linear_schedule_with_warmup": "linear",
    "paged_adam": "paged_adamw",
    "paged_adam_8bit": "paged_adamw_8bit",
    "paged_adamw_32bit": "paged_adamw",
    "prompt-completion": "prompt_completion",
    "qlora": "lora",
    "right": "end",
    "sft": "finetune",
    "str": "text",
    "stratified": "stratify",
    "string": "text",
    "temporal": "datetime",
    "time": "datetime",
    "truncate": "end",
    "val": "validation",
    "valid": "validation",
}
"""The value here that means the same, where the key allows it."""


def owners(word: str) -> str:
    """Return whose word a key is, at most two of them: `Axolotl's and PEFT's`; empty for nobody's."""
    tools = [tool for tables in (RENAMED, REPLACED) for tool, words in tables.items() if tool and word in words]
    return " and ".join(f"{tool}'s" for tool in dict.fromkeys(tools[:2]))
