"""What checks see: defaults, bare forms, and nothing where a value is of the wrong kind."""

from __future__ import annotations

from lfine.schemas.document import Span
from lfine.schemas.sense.view import View
from lfine.schemas.yaml_text import compose


def view(text: str) -> View:
    document = compose(text, "t.yaml").document
    assert document is not None
    return View(document)


def test_defaults_of_the_schema_at_every_depth() -> None:
    empty = view("name: x\n")
    assert empty.number("trainer.batch_size") == 16
    assert empty.text("trainer.optimizer.type") == "adamw"
    assert empty.number("adapter.r") == 8
    assert empty.numbers("preprocessing.split.probabilities") == [0.8, 0.1, 0.1]
    assert empty.value("quantization.bits") is None
    assert not empty.given("trainer.batch_size")


def test_a_mapping_that_is_null_has_no_defaults_below() -> None:
    full = view("adapter: null\n")
    assert full.value("adapter.r") is None
    assert full.nulled("adapter")
    assert not full.nulled("quantization")


def test_bare_forms_are_written_out() -> None:
    bare = view("base_model: org/m\noutput_feature: label\nevaluation: {extract: first_line}\n")
    assert bare.text("base_model.id") == "org/m"
    assert bare.text("output_feature.name") == "label"
    assert bare.text("evaluation.extract.type") == "first_line"
    assert bare.given("output_feature.name")
    assert not bare.given("output_feature.type")
    assert bare.span("output_feature.name") == Span(2, 17, 5)
    assert view("output_feature: {name: label}\n").span("output_feature.name") is None
    assert bare.span("name") is None


def test_values_of_another_kind_are_left_out() -> None:
    odd = view("trainer: {epochs: three, seed: true, train_steps: 3.0, optimizer: [1]}\ngeneration: {stop: x}\n")
    assert odd.number("trainer.epochs") is None
    assert not odd.given("trainer.epochs")
    assert odd.number("trainer.seed") is None
    assert odd.number("trainer.train_steps") == 3
    assert odd.value("trainer.optimizer.type") is None
    assert odd.texts("generation.stop") == []
    assert odd.value("trainer.no_such_key") is None


def test_items_of_another_kind_are_left_out_of_lists() -> None:
    split = "preprocessing: {split: {probabilities: [x, 1, true]}}\n"
    mixed = view("output_feature: {name: y, labels: [a, 1, b]}\n" + split)
    assert mixed.texts("output_feature.labels") == ["a", "b"]
    assert mixed.numbers("preprocessing.split.probabilities") == [1]


def test_a_file_that_is_no_mapping_has_no_values() -> None:
    assert view("[1, 2]\n").value("trainer.epochs") is None
