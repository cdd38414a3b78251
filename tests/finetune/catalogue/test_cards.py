"""Model cards from configuration files of several families."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfine.finetune.catalogue.cards import linear_modules, read_card, target_modules
from lfine.schemas.errors import MachineError

LLAMA = {
    "model_type": "llama",
    "num_hidden_layers": 2,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
}


def folder_of(tmp_path: Path, **config: object) -> Path:
    (tmp_path / "config.json").write_text(json.dumps({**LLAMA, **config}), encoding="utf-8")
    return tmp_path


def test_shape_of_a_llama(tmp_path: Path) -> None:
    card = read_card(folder_of(tmp_path, torch_dtype="bfloat16"))
    assert (card.layers, card.hidden, card.heads, card.kv_heads, card.head_dim) == (2, 32, 4, 2, 8)
    assert (card.intermediate, card.vocab, card.context, card.dtype) == (64, 100, 512, "bfloat16")
    assert card.embedding_parameters == 2 * 100 * 32
    # embeddings and head, per layer: q and o 32x32, k and v 32x16, three 32x64, two norms; the last norm
    assert card.parameters == 6400 + 2 * (2 * 1024 + 2 * 512 + 3 * 2048 + 64) + 32


def test_other_spellings(tmp_path: Path) -> None:
    config = {
        "model_type": "gpt2",
        "n_layer": 12,
        "n_embd": 768,
        "n_head": 12,
        "vocab_size": 50257,
        "n_positions": 1024,
    }
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    card = read_card(tmp_path)
    assert (card.layers, card.hidden, card.heads, card.kv_heads, card.head_dim) == (12, 768, 12, 12, 64)
    assert (card.intermediate, card.context, card.tied_embeddings) == (3072, 1024, True)
    assert card.parameters is None


def test_multi_query_has_one_key_head(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, model_type="falcon", multi_query=True, num_key_value_heads=None)
    assert read_card(folder).kv_heads == 1


@pytest.mark.parametrize(
    ("config", "window"),
    [
        ({"sliding_window": 128}, 128),
        ({"sliding_window": None}, None),
        ({"sliding_window": 4096}, None),
        ({"model_type": "qwen2", "sliding_window": 128}, None),
        ({"model_type": "qwen2", "sliding_window": 128, "use_sliding_window": False}, None),
        ({"model_type": "qwen2", "sliding_window": 128, "use_sliding_window": True}, 128),
    ],
)
def test_sliding_window(tmp_path: Path, config: dict[str, object], window: int | None) -> None:
    assert read_card(folder_of(tmp_path, **config)).sliding_window == window


def test_weights_stored_quantized_are_named_and_not_counted_from_the_files(tmp_path: Path) -> None:
    card = read_card(folder_of(tmp_path, quantization_config={"quant_method": "gptq"}))
    assert card.quantized == "gptq"
    assert card.parameters is not None


def test_text_half_of_a_larger_model(tmp_path: Path) -> None:
    config = {"model_type": "gemma3", "text_config": {**LLAMA, "model_type": "gemma3_text"}}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    card = read_card(tmp_path)
    assert (card.model_type, card.hidden) == ("gemma3", 32)
    assert target_modules(card) is None


def test_targets_of_families(tmp_path: Path) -> None:
    assert target_modules(read_card(folder_of(tmp_path))) == ("q_proj", "k_proj", "v_proj", "o_proj")
    neox = read_card(folder_of(tmp_path, model_type="gpt_neox"))
    assert target_modules(neox) == ("query_key_value", "dense")
    assert linear_modules(neox) == ("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h")
    unknown = read_card(folder_of(tmp_path, model_type="something_new"))
    assert target_modules(unknown) is None
    assert linear_modules(unknown) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "it cannot be read"),
        ("{", "it is not JSON"),
        ("[]", "not a JSON object"),
        ('{"model_type": "llama"}', "it lacks model_type, layers"),
    ],
)
def test_damaged_configuration(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(MachineError, match=said) as caught:
        read_card(tmp_path)
    assert caught.value.problems[0].code == "LF407"


def test_saved_models(tiny_model_folder: Path, tiny_neox_folder: Path) -> None:
    tiny, neox = read_card(tiny_model_folder), read_card(tiny_neox_folder)
    assert (tiny.model_type, tiny.tied_embeddings, tiny.dtype) == ("llama", True, "float32")
    assert (neox.model_type, neox.tied_embeddings) == ("gpt_neox", False)
    assert tiny.parameters is not None
    assert neox.parameters is not None
    assert neox.parameters > tiny.parameters


@pytest.mark.model
def test_card_of_smollm2(smollm2_folder: Path) -> None:
    card = read_card(smollm2_folder)
    assert card.parameters == 134_515_008
    assert (card.layers, card.hidden, card.heads, card.kv_heads, card.head_dim) == (30, 576, 9, 3, 64)
    assert (card.context, card.tied_embeddings, card.dtype) == (8192, True, "bfloat16")
