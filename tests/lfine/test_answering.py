"""Answers kept on disk, the check of the prompt, and the same text as plain transformers and peft give."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lfine import answering
from lfine.answering import PARTIAL, forget
from lfine.evaluation.records import Prediction
from lfine.finetune.generate import local_answers
from lfine.schemas.records import to_json
from tests.lfine.projects import Project, lfine

Kept = answering._Kept


def prediction(row_id: int, text: str = "card") -> Prediction:
    return Prediction(row_id, "card", text, "the prompt", "stop", 3, 2)


def keep(folder: Path, owner: str, row_ids: Sequence[int]) -> None:
    kept = Kept(folder / PARTIAL, owner)
    with (folder / PARTIAL).open("a", encoding="utf-8") as file:
        for row_id in row_ids:
            kept.add(file, prediction(row_id, "é\u2028"))


def test_answers_are_found_again(tmp_path: Path) -> None:
    keep(tmp_path, "me", [7, 3])
    assert Kept(tmp_path / PARTIAL, "me").answers == {7: prediction(7, "é\u2028"), 3: prediction(3, "é\u2028")}


def test_answers_of_somebody_else_are_not_taken(tmp_path: Path) -> None:
    keep(tmp_path, "me", [7, 3])
    assert Kept(tmp_path / PARTIAL, "you").answers == {}
    assert Kept(tmp_path / PARTIAL, "me").answers == {}  # and they are gone


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_cut_short_is_dropped_and_the_next_is_not_glued_to_it(tmp_path: Path, cut: int) -> None:
    keep(tmp_path, "me", [7, 3])
    path = tmp_path / PARTIAL
    path.write_bytes(path.read_bytes()[:-cut])
    keep(tmp_path, "me", [5])
    assert list(Kept(path, "me").answers) == ([7, 3, 5] if cut == 1 else [7, 5])


def test_bytes_that_are_no_text_do_not_matter(tmp_path: Path) -> None:
    keep(tmp_path, "me", [7])
    with (tmp_path / PARTIAL).open("ab") as file:
        file.write(b'{"row_id": 3, "gold": "\xff')
    assert list(Kept(tmp_path / PARTIAL, "me").answers) == [7]


def test_forgetting(tmp_path: Path) -> None:
    keep(tmp_path, "me", [7])
    forget(tmp_path)
    forget(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_adapter_that_changed_meanwhile_is_somebody_else(trained: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = []
    real = answering.identity

    def seen(who: Any) -> str:
        owners.append(real(who))
        return owners[-1]

    monkeypatch.setattr(answering, "identity", seen)
    for _ in range(2):
        lfine("evaluate", "topics.yaml", "--limit", "1")
    weights = trained.run_folders()[0] / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes())
    lfine("evaluate", "topics.yaml", "--limit", "1")
    lfine("evaluate", "topics.yaml", "--limit", "1", "--base")
    assert owners[0] == owners[1]
    assert len(set(owners)) == 3


def test_plain_peft_and_transformers_give_the_same_texts(finished: Project) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run = finished.run_folders()[0]
    lines = (run / "evaluations" / "tuned" / "predictions.jsonl").read_text(encoding="utf-8").split("\n")
    plan = json.loads((run / "plan.json").read_text(encoding="utf-8"))
    tokenizer = AutoTokenizer.from_pretrained(finished.model)
    base = AutoModelForCausalLM.from_pretrained(finished.model, dtype=torch.float32)
    model = PeftModel.from_pretrained(base, run / "adapter").eval()
    for line in filter(None, lines):
        ours = json.loads(line)
        ids = tokenizer(ours["prompt"], add_special_tokens=False, return_tensors="pt").input_ids
        made = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=plan["evaluation"]["generation"]["max_new_tokens"],
            do_sample=False,
        )[0, ids.shape[1] :]
        assert tokenizer.decode(made, skip_special_tokens=True).strip() == ours["prediction"]
        assert (ids.shape[1], len(made)) == (ours["prompt_tokens"], ours["completion_tokens"])


def test_the_probability_of_each_label_stands_beside_the_answer(finished: Project) -> None:
    run = finished.run_folders()[0]
    lines = (run / "evaluations" / "tuned" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    labels = json.loads((run / "plan.json").read_text(encoding="utf-8"))["evaluation"]["labels"]
    for line in map(json.loads, lines):
        told = line["label_log_probabilities"]
        assert sorted(told) == sorted(labels)
        assert sum(math.exp(each) for each in told.values()) < 1
        assert line["gold_log_probability"] == told[line["gold"]]
        assert line["gold_tokens"] >= 2
        whole = sum(math.exp(each) for each in told.values())
        share = math.exp(told[line["prediction"]]) / whole if line["prediction"] in told else None
        assert line.get("confidence") == (None if share is None else pytest.approx(share))


def test_answers_that_the_probabilities_show_are_not_generated_again(
    trained: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels only: the probabilities show all answers, which are those that come without them."""
    asked: list[int] = []

    def counting(model: Any, prompts: Any, how: Any, row_ids: Any, places: Any) -> Any:
        asked.append(len(places))
        return local_answers.answer_texts(model, prompts, how, row_ids, places)

    monkeypatch.setattr(answering, "answer_texts", counting)
    texts = []
    for probabilities in ("true", "false"):
        chosen = ("--set", "generation.constrain=labels", "--set", f"generation.probabilities={probabilities}")
        assert lfine("evaluate", "topics.yaml", *chosen).code == 0
        file = trained.run_folders()[0] / "evaluations" / "tuned" / "predictions.jsonl"
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        texts.append([(line["prediction"], line["finish_reason"], line["completion_tokens"]) for line in lines])
    assert asked == [len(texts[0])]
    assert texts[0] == texts[1]


def test_a_line_is_a_prediction(tmp_path: Path) -> None:
    keep(tmp_path, "me", [7])
    first, second, _ = (tmp_path / PARTIAL).read_text(encoding="utf-8").split("\n")
    assert json.loads(first) == {"identity": "me"}
    assert json.loads(second) == to_json(prediction(7, "é\u2028"))
