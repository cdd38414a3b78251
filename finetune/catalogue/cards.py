"""What a base model is: its shape and size, read from config.json and the weights' headers without any weight.

    read_card(folder) == ModelCard(model_type="llama", layers=30, hidden=576, heads=9, kv_heads=3, head_dim=64,
                                   intermediate=1536, vocab=49152, context=8192, parameters=134515008, …)
    target_modules(card) == ("q_proj", "k_proj", "v_proj", "o_proj")

*Not here:* the tokenizer (lfine.finetune.catalogue.tokens), memory and speed (lfine.finetune.compile).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.catalogue.families import COUNTED, FAMILIES
from lfine.finetune.catalogue.weights import Tensor, damaged, read_tensors

DTYPES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16", "F64": "float64"}
UNSAID_CONTEXT = 2048
"""Tokens, for the few older configurations (bloom) that name no longest sequence."""
TIED_UNLESS_SAID: tuple[str, ...] = (
    "bloom",
    "cohere",
    "cohere2",
    "falcon",
    "gemma",
    "gemma2",
    "gemma3_text",
    "gpt2",
    "gpt_bigcode",
)
TIED_UNLESS_SAID += ("gpt_neo", "mpt", "opt", "smollm3", "starcoder2")
BUFFERS = (".attn.bias", ".attention.bias", "masked_bias", "inv_freq")
"""Ends of the names under which older checkpoints keep masks and rotary tables, which are no parameters."""

Config = Mapping[str, object]


@dataclass(frozen=True)
class ModelCard:
    """One base model in numbers."""

    model_type: str
    """The family, as config.json names it."""
    layers: int
    """Decoder layers."""
    hidden: int
    """Width of the residual stream."""
    heads: int
    """Query heads."""
    kv_heads: int
    """Key and value heads (fewer than `heads` with grouped queries)."""
    head_dim: int
    intermediate: int
    """Width of the feed-forward block."""
    vocab: int
    """Rows of the embedding."""
    context: int
    """Longest sequence in tokens."""
    tied_embeddings: bool
    """The output head is the embedding."""
    parameters: int | None
    """Weights counted in the files, else computed from the shape; None: neither is possible."""
    sliding_window: int | None
    """Tokens that some or all layers look back; None: all of them."""
    dtype: str | None
    """Of the stored weights: float32, bfloat16, …; None: not known."""
    quantized: str | None
    """Method of weights that are stored quantized already (bitsandbytes, gptq, …)."""
    attention_dropout: float = 0.0
    """Share of attention weights that training drops, as config.json says or the family's default does."""

    @property
    def embedding_parameters(self) -> int:
        """Weights of embedding and output head, which quantization leaves as they are."""
        return self.vocab * self.hidden * (1 if self.tied_embeddings else 2)


def target_modules(card: ModelCard) -> tuple[str, ...] | None:
    """Return the attention projections under the family's own names; None for an unknown family."""
    family = FAMILIES.get(card.model_type)
    return family.attention if family else None


def linear_modules(card: ModelCard) -> tuple[str, ...] | None:
    """Return all linear layers of a decoder layer under the family's own names; None for an unknown family."""
    family = FAMILIES.get(card.model_type)
    return family.linear if family else None


def read_card(folder: Path) -> ModelCard:
    """Read a model folder; raises MachineError LF407 where a file is missing or damaged."""
    config = read_config(folder)
    tensors = read_tensors(folder)
    quantized = quantization_method(config)
    shape = shape_of(config, folder, tied=tied(config, tensors))
    counted = count_stored(tensors, tied=shape.tied_embeddings) if tensors and quantized is None else None
    return ModelCard(
        model_type=shape.model_type,
        layers=shape.layers,
        hidden=shape.hidden,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        head_dim=shape.head_dim,
        intermediate=shape.intermediate,
        vocab=shape.vocab,
        context=shape.context,
        tied_embeddings=shape.tied_embeddings,
        parameters=counted or count_by_shape(shape, config),
        sliding_window=shape.sliding_window,
        dtype=stored_dtype(config, tensors),
        quantized=quantized,
        attention_dropout=attention_dropout(config),
    )


def read_config(folder: Path) -> Config:
    """Return config.json; of a model for pictures and text the half that reads text."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise damaged(path, f"it cannot be read ({error.strerror or error})") from None
    except ValueError:
        raise damaged(path, "it is not JSON") from None
    if not isinstance(config, dict):
        raise damaged(path, "it is not a JSON object")
    text = config.get("text_config")
    if isinstance(text, dict) and "hidden_size" not in config:
        return {**text, "model_type": config.get("model_type", text.get("model_type"))}
    return config


def number(config: Config, *keys: str) -> int | None:
    """Return the first of several spellings that holds a whole number."""
    found = (config.get(key) for key in keys)
    return next((value for value in found if isinstance(value, int) and not isinstance(value, bool)), None)


def shape_of(config: Config, folder: Path, *, tied: bool) -> ModelCard:
    """Return the card as far as config.json says it: nothing counted yet."""
    model_type = config.get("model_type")
    layers = number(config, "num_hidden_layers", "n_layer", "num_layers", "n_layers")
    hidden = number(config, "hidden_size", "n_embd", "d_model")
    heads = number(config, "num_attention_heads", "n_head", "n_heads", "num_heads")
    vocab = number(config, "vocab_size")
    if not isinstance(model_type, str) or not (layers and hidden and heads and vocab):
        raise damaged(folder / "config.json", "it lacks model_type, layers, hidden size, heads or vocabulary")
    context = number(config, "max_position_embeddings", "n_positions", "max_seq_len", "n_ctx", "seq_length")
    return ModelCard(
        model_type=model_type,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=number(config, "num_key_value_heads", "num_kv_heads")
        or (1 if config.get("multi_query") is True else heads),
        head_dim=number(config, "head_dim") or hidden // heads,
        intermediate=number(config, "intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size") or 4 * hidden,
        vocab=vocab,
        context=context or UNSAID_CONTEXT,
        tied_embeddings=tied,
        parameters=None,
        sliding_window=sliding_window(config, context or UNSAID_CONTEXT),
        dtype=None,
        quantized=None,
    )


def attention_dropout(config: Config) -> float:
    """Return the share of attention weights that training drops; two families drop a tenth where nothing is said."""
    default = 0.1 if config.get("model_type") in ("gpt2", "seed_oss") else 0.0
    found = config.get("attention_dropout", config.get("attn_pdrop", default))
    return float(found) if isinstance(found, int | float) else default


def sliding_window(config: Config, context: int) -> int | None:
    """Return the window where the model uses it: Qwen's configurations name one that is switched off."""
    window = number(config, "sliding_window")
    switched = config.get("use_sliding_window", not str(config.get("model_type")).startswith("qwen"))
    return window if window and switched and window < context else None


def tied(config: Config, tensors: tuple[Tensor, ...]) -> bool:
    """Say whether the output head is the embedding: what config.json says, else what the files hold."""
    said = config.get("tie_word_embeddings")
    if isinstance(said, bool):
        return said
    if tensors:
        return not any(tensor.name in ("lm_head.weight", "embed_out.weight") for tensor in tensors)
    return config.get("model_type") in TIED_UNLESS_SAID


def quantization_method(config: Config) -> str | None:
    stored = config.get("quantization_config")
    return str(stored.get("quant_method", "unknown")) if isinstance(stored, dict) else None


def stored_dtype(config: Config, tensors: tuple[Tensor, ...]) -> str | None:
    """Return the type most weights are stored in, else the one that config.json names."""
    sizes: Counter[str] = Counter()
    for tensor in tensors:
        sizes[tensor.dtype] += tensor.size
    most = max(sizes, key=lambda name: sizes[name]) if sizes else ""
    said = config.get("dtype", config.get("torch_dtype"))
    return DTYPES.get(most) or (said if isinstance(said, str) else None)


def count_stored(tensors: tuple[Tensor, ...], *, tied: bool) -> int:
    """Count the parameters in the files; a tied head that is stored all the same counts once."""
    counted = [tensor for tensor in tensors if not tensor.name.endswith(BUFFERS)]
    if tied:
        counted = [tensor for tensor in counted if tensor.name not in ("lm_head.weight", "embed_out.weight")]
    return sum(tensor.size for tensor in counted)


def count_by_shape(card: ModelCard, config: Config) -> int | None:
    """Compute the number of parameters of a Llama-like family; None for other families."""
    if card.model_type not in COUNTED:
        return None
    queries, keys = card.heads * card.head_dim, card.kv_heads * card.head_dim
    attention = card.hidden * (2 * queries + 2 * keys)
    if card.model_type == "qwen2":
        attention += queries + 2 * keys
    elif config.get("attention_bias") is True:
        attention += queries + 2 * keys + card.hidden
    feed_forward = 3 * card.hidden * card.intermediate
    if config.get("mlp_bias") is True:
        feed_forward += 2 * card.intermediate + card.hidden
    norms = card.hidden * (4 if card.model_type in ("gemma2", "gemma3_text") else 2)
    if card.model_type in ("qwen3", "gemma3_text"):
        norms += 2 * card.head_dim
    return card.embedding_parameters + card.layers * (attention + feed_forward + norms) + card.hidden
