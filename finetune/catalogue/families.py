"""Names of the linear layers in each model family, the first choice for a low-rank adapter.

    FAMILIES["llama"].attention == ("q_proj", "k_proj", "v_proj", "o_proj")
    FAMILIES["gpt2"].attention  == ("c_attn", "attn.c_proj")      (a name with a dot: the end of the module's path)

The keys are the `model_type` of config.json. A family that is not here gets an adapter on all linear layers, and
compile says so. The names were read off the modules that transformers builds; a test builds each family again.

*Not here:* shapes and numbers of one model (lfine.finetune.catalogue.cards).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Linear layers by their names inside one decoder layer."""

    attention: tuple[str, ...]
    """Query, key, value and output projections."""
    mlp: tuple[str, ...]
    """The linear layers of the feed-forward block."""

    @property
    def linear(self) -> tuple[str, ...]:
        return self.attention + self.mlp


LLAMA = Family(("q_proj", "k_proj", "v_proj", "o_proj"), ("gate_proj", "up_proj", "down_proj"))
UNGATED = Family(LLAMA.attention, ("up_proj", "down_proj"))
FUSED_GATE = Family(LLAMA.attention, ("gate_up_proj", "down_proj"))
NEOX = Family(("query_key_value", "dense"), ("dense_h_to_4h", "dense_4h_to_h"))

LLAMA_LIKE = (
    "arcee cohere cohere2 ernie4_5 exaone4 gemma gemma2 gemma3_text granite helium llama ministral3 mistral "
    "olmo olmo2 olmo3 qwen2 qwen3 seed_oss smollm3 stablelm"
)
"""Families whose layers carry Llama's names (`arcee` has no gate)."""

FAMILIES: dict[str, Family] = {
    **dict.fromkeys(LLAMA_LIKE.split(), LLAMA),
    "arcee": UNGATED,
    "bloom": NEOX,
    "codegen": Family(("qkv_proj", "out_proj"), ("fc_in", "fc_out")),
    "falcon": NEOX,
    "glm": FUSED_GATE,
    "glm4": FUSED_GATE,
    "gpt2": Family(("c_attn", "attn.c_proj"), ("c_fc", "mlp.c_proj")),
    "gpt_bigcode": Family(("c_attn", "attn.c_proj"), ("c_fc", "mlp.c_proj")),
    "gpt_neo": Family(("q_proj", "k_proj", "v_proj", "out_proj"), ("c_fc", "c_proj")),
    "gpt_neox": NEOX,
    "gptj": Family(("q_proj", "k_proj", "v_proj", "out_proj"), ("fc_in", "fc_out")),
    "mpt": Family(("Wqkv", "out_proj"), ("up_proj", "down_proj")),
    "nemotron": UNGATED,
    "opt": Family(("q_proj", "k_proj", "v_proj", "out_proj"), ("fc1", "fc2")),
    "phi": Family(("q_proj", "k_proj", "v_proj", "dense"), ("fc1", "fc2")),
    "phi3": Family(("qkv_proj", "o_proj"), ("gate_up_proj", "down_proj")),
    "starcoder2": Family(LLAMA.attention, ("c_fc", "c_proj")),
}

COUNTED = frozenset(
    ("gemma", "gemma2", "gemma3_text", "granite", "llama", "mistral", "phi3", "qwen2", "qwen3", "smollm3")
)
"""Families whose number of weights `cards` computes from the shape alone."""
