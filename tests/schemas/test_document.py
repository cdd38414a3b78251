"""Documents: values by path, places by path, problems put at them."""

from __future__ import annotations

import pytest

from lfine.schemas.document import Document, Path, Span, dotted, path_of
from lfine.schemas.overrides import apply_overrides
from lfine.schemas.problems import Excerpt
from lfine.schemas.yaml_text import compose

TEXT = """\
adapter:
  r: "16"
labels: [yes, no]
nothing:
"""


@pytest.fixture
def document() -> Document:
    found = compose(TEXT, "t.yaml").document
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b"), "a.b"),
        (("a", "b", 1), "a.b[1]"),
        (("a", 0, "c"), "a[0].c"),
    ],
)
def test_paths_are_written_with_dots(path: Path, text: str) -> None:
    assert dotted(path) == text
    assert path_of(text) == path


def test_values_by_path(document: Document) -> None:
    assert document.at(("adapter", "r")) == "16"
    assert document.at(("labels", 1)) == "no"
    assert document.at(("labels", 2)) is None
    assert document.at(("labels", "r")) is None
    assert document.at(("adapter", 0)) is None
    assert document.at(("adapter", "r", "x")) is None
    assert document.at(()) == document.value


def test_a_key_with_null_is_there(document: Document) -> None:
    assert document.has(("nothing",))
    assert not document.has(("absent",))
    assert not document.has(("labels", "x"))


def test_nearest_written_parent(document: Document) -> None:
    assert document.nearest(("adapter", "r")) == ("adapter", "r")
    assert document.nearest(("adapter", "alpha", "x")) == ("adapter",)
    assert document.nearest(("trainer", "epochs")) == ()


def test_spans(document: Document) -> None:
    assert document.span(("adapter", "r")) == Span(2, 6, 4)
    assert document.span(("adapter", "r"), of_key=True) == Span(2, 3, 1)
    assert document.span(("adapter", "alpha")) == Span(1, 1, 7), "a missing key: the key of its mapping"
    assert document.span(("labels", 0), of_key=True) == Span(3, 10, 3), "an item has no key"
    assert document.span(("trainer",)) is None
    assert document.span(()) is None


def test_a_problem_at_a_value(document: Document) -> None:
    problem = document.problem("LF102", ("adapter", "r"), message="m", cure="c", severity="warning")
    assert (problem.file, problem.line, problem.column, problem.path) == ("t.yaml", 2, 6, "adapter.r")
    assert problem.excerpt == Excerpt('  r: "16"', 4)
    assert (problem.message, problem.cure, problem.severity) == ("m", "c", "warning")


def test_a_problem_of_the_whole_file(document: Document) -> None:
    problem = document.problem("LF101", ("base_model",), message="m", cure="c")
    assert (problem.file, problem.line, problem.column, problem.excerpt) == ("t.yaml", None, None, None)
    assert problem.path == "base_model"


def test_a_problem_at_a_given_span(document: Document) -> None:
    problem = document.problem("LF202", ("adapter", "r"), message="m", cure="c", at=Span(3, 2, 5))
    assert (problem.line, problem.column) == (3, 2)
    assert problem.excerpt == Excerpt("labels: [yes, no]", 5)


def test_a_problem_of_an_override_names_the_argument(document: Document) -> None:
    changed = apply_overrides(document, ["trainer.optimizer.eps=x"]).document
    for path in (("trainer", "optimizer", "eps"), ("trainer", "optimizer"), ("trainer",), ("trainer", "seed")):
        problem = changed.problem("LF102", path, message="m", cure="c")
        assert problem.file == "--set trainer.optimizer.eps=x"
        assert (problem.line, problem.column, problem.excerpt) == (None, None, None)


def test_what_the_file_says_keeps_its_place_beside_an_override(document: Document) -> None:
    changed = apply_overrides(document, ["adapter.alpha=3"]).document
    assert changed.override_of(("adapter", "alpha")) == "--set adapter.alpha=3"
    assert changed.override_of(("adapter", "r")) is None
    assert changed.override_of(("adapter", "dropout")) is None
    assert changed.override_of(("labels", 0)) is None
    assert changed.override_of(()) is None
