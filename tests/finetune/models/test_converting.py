"""From a GGUF file to a model folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from lfine.finetune.catalogue.cards import read_card
from lfine.finetune.catalogue.sources import CONVERSION
from lfine.finetune.catalogue.tokens import read_tokenizer
from lfine.finetune.models import converting
from lfine.finetune.models.converting import convert_gguf
from lfine.schemas.errors import MachineError


@pytest.fixture(scope="module")
def converted(gguf_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache") / "models" / "tiny-0123"
    return convert_gguf(gguf_file, folder, source="tiny.gguf", digest="0123")


def test_weights_are_the_files_in_bf16(converted: Path, tiny_model_folder: Path) -> None:
    ours = load_file(converted / "model.safetensors")
    original = load_file(tiny_model_folder / "model.safetensors")
    assert set(ours) == set(original)  # one embedding, no head beside it
    for name, weight in original.items():
        if "q_proj" not in name and "k_proj" not in name:  # GGUF stores these with the rotary halves interleaved
            assert torch.equal(ours[name], weight.to(torch.bfloat16)), name
        assert ours[name].dtype == torch.bfloat16


def test_folder_loads_everywhere(converted: Path) -> None:
    model, found = AutoModelForCausalLM.from_pretrained(converted, output_loading_info=True, local_files_only=True)
    assert not any(found.values())
    assert model.dtype == torch.bfloat16
    assert model.generation_config.eos_token_id == 2
    assert AutoTokenizer.from_pretrained(converted).chat_template.startswith("{% for m in messages %}")
    config = json.loads((converted / "config.json").read_text())
    assert not {"quantization_config", "_model_name_or_path", "_name_or_path"} & set(config)
    assert read_card(converted).dtype == "bfloat16"


def test_digits_stand_alone_as_smollm_learned_them(converted: Path) -> None:
    tokenizer = read_tokenizer(converted)
    pieces = [tokenizer.token_text(token) for token in tokenizer.encode("a  12")]
    assert pieces[-2:] == ["1", "2"]
    assert " 1" not in pieces
    assert tokenizer.encode("<|im_end|>") == [2]
    steps = json.loads((converted / "tokenizer.json").read_text())["pre_tokenizer"]["pretokenizers"]
    assert [step["type"] for step in steps] == ["Digits", "ByteLevel"]


def test_record_and_no_leavings(converted: Path) -> None:
    record = json.loads((converted / "lfine.json").read_text())
    assert (record["source"], record["sha256"], record["conversion"]) == ("tiny.gguf", "0123", CONVERSION)
    assert [path.name for path in converted.parent.iterdir()] == [converted.name]
    assert (converted / "model.safetensors").stat().st_mode & 0o044 == 0o044


def test_two_at_once_leave_the_first(gguf_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "lfine.json").write_text(json.dumps({"conversion": CONVERSION, "first": True}))
    convert_gguf(gguf_file, folder, source="tiny.gguf", digest="0123")
    assert "first" in json.loads((folder / "lfine.json").read_text())
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_an_older_conversion_is_replaced(gguf_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "lfine.json").write_text(json.dumps({"conversion": CONVERSION - 1}))
    convert_gguf(gguf_file, folder, source="tiny.gguf", digest="0123")
    assert json.loads((folder / "lfine.json").read_text())["conversion"] == CONVERSION
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_damaged_file_leaves_nothing(tmp_path: Path) -> None:
    gguf = tmp_path / "bad.gguf"
    gguf.write_bytes(b"GGUF\x03\x00 and then nothing of use")
    with pytest.raises(MachineError, match="cannot be converted") as caught:
        convert_gguf(gguf, tmp_path / "models" / "bad", source="bad.gguf", digest="0")
    assert caught.value.problems[0].code == "LF407"
    assert not list((tmp_path / "models").iterdir())


def test_full_disk(gguf_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(converting, "write_record", full)
    with pytest.raises(MachineError, match="No space left") as caught:
        convert_gguf(gguf_file, tmp_path / "tiny", source="tiny.gguf", digest="0")
    assert caught.value.problems[0].code == "LF405"
    assert not list(tmp_path.iterdir())
