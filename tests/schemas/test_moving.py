"""Keys moved to where they belong, in block and flow form, with what stands around them kept."""

from __future__ import annotations

import pytest

from lfine.schemas.document import Document, path_of
from lfine.schemas.editing import Text, apply_edits
from lfine.schemas.moving import Move, moved
from lfine.schemas.problems import Fix
from lfine.schemas.yaml_text import compose


def fixes(text: str, path: str, home: str) -> list[Fix]:
    document = compose(text, "t.yaml").document
    assert isinstance(document, Document)
    return list(moved(Move(document, Text.of(text), path_of(path), path_of(home))))


@pytest.mark.parametrize(
    ("text", "path", "home", "after"),
    [
        (
            "lr: 1e-4  # found\ntrainer:\n  # three\n  epochs: 3\n",
            "lr",
            "trainer.learning_rate",
            "trainer:\n  learning_rate: 1e-4  # found\n  # three\n  epochs: 3\n",
        ),
        ("epochs: 3\ntrainer: {seed: 1}\n", "epochs", "trainer.epochs", "trainer: {seed: 1, epochs: 3}\n"),
        ("epochs: 3\ntrainer: {}\n", "epochs", "trainer.epochs", "trainer: {epochs: 3}\n"),
        ("epochs: 3\ntrainer: { seed: 1 }\n", "epochs", "trainer.epochs", "trainer: { seed: 1, epochs: 3 }\n"),
        ("a: 1\nepochs: 3\nb: 2\n", "epochs", "trainer.epochs", "a: 1\ntrainer:\n  epochs: 3\nb: 2\n"),
        ("epochs: 3\ntrainer:\n", "epochs", "trainer.epochs", "trainer:\n  epochs: 3\n"),
        (
            "weight_decay: 0.1\ntrainer:\n    seed: 1\n",
            "weight_decay",
            "trainer.optimizer.weight_decay",
            "trainer:\n    optimizer:\n      weight_decay: 0.1\n    seed: 1\n",
        ),
        (
            "weight_decay: 0.1\ntrainer:\n  optimizer: {type: sgd}\n",
            "weight_decay",
            "trainer.optimizer.weight_decay",
            "trainer:\n  optimizer: {type: sgd, weight_decay: 0.1}\n",
        ),
        (
            "adapter: {r: 8, epochs: 3}\ntrainer:\n  seed: 1\n",
            "adapter.epochs",
            "trainer.epochs",
            "adapter: {r: 8}\ntrainer:\n  epochs: 3\n  seed: 1\n",
        ),
        (
            "adapter: {epochs: 3, r: 8}\n",
            "adapter.epochs",
            "trainer.epochs",
            "adapter: {r: 8}\ntrainer:\n  epochs: 3\n",
        ),
        ("adapter: {epochs: 3, r: 8}", "adapter.epochs", "trainer.epochs", "adapter: {r: 8}\ntrainer:\n  epochs: 3\n"),
        (
            "labels: [a, 'b, c']\noutput_feature: label  # answers\n",
            "labels",
            "output_feature.labels",
            "output_feature: {name: label, labels: [a, 'b, c']}  # answers\n",
        ),
        (
            "trainer:\n  template: |\n    Q: {q}\n\n    A:\n  seed: 1\nprompt:\n    chat: none\n",
            "trainer.template",
            "prompt.template",
            "trainer:\n  seed: 1\nprompt:\n    template: |\n      Q: {q}\n\n      A:\n    chat: none\n",
        ),
        (
            "labels:\n- a\n- b\noutput_feature:\n  name: label\n",
            "labels",
            "output_feature.labels",
            "output_feature:\n  labels:\n  - a\n  - b\n  name: label\n",
        ),
        ("stop: a, b\ngeneration: {seed: 1}\n", "stop", "generation.stop", 'generation: {seed: 1, stop: "a, b"}\n'),
        ("a: 1\r\nepochs: 3\r\n", "epochs", "trainer.epochs", "a: 1\r\ntrainer:\r\n  epochs: 3\r\n"),
        ("model: m\nname: x\n", "model", "base_model", "base_model: m\nname: x\n"),
        ("trainer:\n  seed: 1\n  model: m", "trainer.model", "base_model", "trainer:\n  seed: 1\n\nbase_model: m\n"),
    ],
)
def test_moves(text: str, path: str, home: str, after: str) -> None:
    (fix,) = fixes(text, path, home)
    assert apply_edits(text, fix.edits) == after
    assert (fix.old, fix.new) == (path, home)
    compose(apply_edits(text, fix.edits), "t.yaml")


@pytest.mark.parametrize(
    ("text", "path", "home"),
    [
        ("adapter: {epochs: 3}\n", "adapter.epochs", "trainer.epochs"),
        ("adapter:\n  epochs: 3\n", "adapter.epochs", "trainer.epochs"),
        ("epochs: 3\ntrainer: null\n", "epochs", "trainer.epochs"),
        ("epochs: 3\ntrainer: [1]\n", "epochs", "trainer.epochs"),
        ("label_column: x\noutput_feature: label\n", "label_column", "output_feature.name"),
        ("epochs: 3\ntrainer: x\n", "epochs", "trainer.epochs"),
        ("epochs: 3  # three\ntrainer: {seed: 1}\n", "epochs", "trainer.epochs"),
        ("template: |\n  x\nprompt: {chat: none}\n", "template", "prompt.template"),
        ("labels:\n- a\n- b\noutput_feature: label\n", "labels", "output_feature.labels"),
        ("epochs: 3\ntrainer: &t {seed: 1}\nx: *t\n", "epochs", "x.epochs"),
        ("{epochs: 3, a: 1}\n", "epochs", "trainer.epochs"),
    ],
)
def test_what_cannot_be_moved_without_loss_stays(text: str, path: str, home: str) -> None:
    assert fixes(text, path, home) == []
