"""The model card: metadata that the hub's own library reads, and nothing that was not measured."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from typing import Any

import pytest
from huggingface_hub import ModelCard

from lfine.export_making import Wanted, _facts, opened
from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.compile.files import read_plan
from lfine.finetune.export.drift import Drift
from lfine.model_card import CardFacts, _fenced, _table, card_text
from tests.lfine.projects import Project
from tests.lfine.test_export_record import RECORD

WANTED = Wanted("merged", "bfloat16", "trained", 0.02, (), None, "./merged")
NF4 = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="bfloat16")
INT8 = QuantizationPlan(bits=8, quant_type="nf4", double_quant=False, compute_dtype="bfloat16")


@pytest.fixture
def facts(finished: Project) -> CardFacts:
    run = finished.run_folders()[0]
    with contextlib.redirect_stderr(io.StringIO()):
        subject = opened(run, read_plan(run / "plan.json"), rows=1, allow_code=False)
    return _facts(subject, WANTED, RECORD)


def quantized(facts: CardFacts, plan: QuantizationPlan) -> CardFacts:
    training = facts.plan.training
    training = replace(training, model=replace(training.model, quantization=plan))
    name = "int8" if plan.bits == 8 else plan.quant_type
    return replace(
        facts,
        plan=replace(facts.plan, training=training),
        record=replace(facts.record, kind="adapter", quantization=name),
    )


def metadata(facts: CardFacts) -> Any:
    """What the hub's own library finds in the front matter."""
    return ModelCard(card_text(facts)).data


def test_the_hub_reads_the_scores(facts: CardFacts) -> None:
    data = metadata(facts)
    assert (data.library_name, data.pipeline_tag, data.tags) == ("transformers", "text-generation", ["lfine", "lora"])
    (result,) = data.eval_results
    tuned = next(each for each in facts.scores if each.model == "tuned").metrics["accuracy"]
    assert (result.metric_type, result.metric_value) == ("accuracy", tuned.value)
    assert f"{tuned.low:.4f}–{tuned.high:.4f}" in result.metric_name
    assert (result.dataset_name, result.dataset_split) == ("topics, 12 test rows", "test")


def test_nothing_is_claimed_that_is_not_known(facts: CardFacts) -> None:
    text = card_text(replace(facts, scores=[]))
    data = metadata(replace(facts, scores=[]))
    assert (data.base_model, data.license, data.eval_results) == (None, None, None)
    assert "| licence | not stated |" in text
    assert "had not been evaluated" in text


@pytest.mark.parametrize(
    ("kind", "relation", "library"), [("merged", "finetune", "transformers"), ("adapter", "adapter", "peft")]
)
def test_what_is_known_is_said(kind: str, relation: str, library: str, facts: CardFacts) -> None:
    known = replace(facts, hub_base="org/base", licence="apache-2.0", record=replace(facts.record, kind=kind))
    data = metadata(known)
    assert (data.base_model, data.base_model_relation, data.license) == ("org/base", relation, "apache-2.0")
    assert data.library_name == library


def test_data_scores_and_the_check(facts: CardFacts) -> None:
    drift = Drift(rows=50, tokens=212, mean=0.003, largest=0.05, differing=(7,), unexplained=())
    text = card_text(replace(facts, record=replace(facts.record, check=replace(facts.record.check, drift=drift))))
    ((name, file),) = facts.run.data.files.items()
    assert f"| `{name}` | 60 | `{file['sha256']}` |" in text
    assert "Rows: 42 train, 6 validation, 12 test." in text
    assert [line.split(" | ")[0] for line in text.splitlines() if " accuracy | " in line] == [
        "| tuned",
        "| majority",
        "| tfidf",
    ]
    assert "answered 50 held-out rows greedily" in text
    assert "49 answers are equal" in text
    assert "0.0030 nats on average (0.0500 at most)" in text


def test_a_file_is_named_without_its_folder(facts: CardFacts) -> None:
    (file,) = facts.run.data.files.values()
    data = replace(facts.run.data, files={"/home/me/secret/rows.csv": file})
    text = card_text(replace(facts, run=replace(facts.run, data=data)))
    assert "secret" not in text
    assert "`rows.csv`" in text


def test_how_an_adapter_is_served(facts: CardFacts) -> None:
    adapter = replace(facts, hub_base="org/base", record=replace(facts.record, kind="adapter", largest_rank=24))
    text = card_text(adapter)
    assert "vllm serve org/base --enable-lora --max-lora-rank 32 --lora-modules topics=./merged" in text
    assert "AutoModelForCausalLM.from_pretrained('org/base')\n" in text
    assert "vllm serve ./merged\n" in card_text(facts)


@pytest.mark.parametrize(
    ("plan", "loaded"),
    [
        (NF4, "load_in_4bit=True, bnb_4bit_quant_type='nf4', bnb_4bit_use_double_quant=True"),
        (INT8, "load_in_8bit=True"),
    ],
)
def test_an_adapter_is_loaded_beside_the_weights_that_it_knows(
    plan: QuantizationPlan, loaded: str, facts: CardFacts
) -> None:
    text = card_text(quantized(facts, plan))
    assert f"quantization_config=BitsAndBytesConfig({loaded}))" in text
    assert "vllm serve tiny --quantization bitsandbytes --enable-lora" in text


def test_conversations(facts: CardFacts) -> None:
    tokenizer = facts.renderer.tokenizer
    renderer = Renderer(template=None, system="Be kind.", chat="auto", tokenizer=tokenizer)
    text = card_text(replace(facts, renderer=renderer))
    assert "messages = [{'role': 'system', 'content': 'Be kind.'}, {'role': 'user', 'content': '…'}]" in text
    assert "tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)" in text


def test_a_prompt_without_a_chat_template(facts: CardFacts) -> None:
    renderer = Renderer(template="Q: {question}", system=None, chat="none", tokenizer=facts.renderer.tokenizer)
    text = card_text(replace(facts, renderer=renderer))
    assert "text = 'Q: {question}'" in text
    assert "add_special_tokens=True" in text


def test_text_that_would_break_the_page() -> None:
    assert _fenced("sh", "a ``` b ```` c").startswith("`````sh\n")
    assert _table(("a", "b"), [("x|y", "two\nlines")]).splitlines()[-1] == "| x\\|y | two lines |"
