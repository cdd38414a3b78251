"""Labels as a set."""

from __future__ import annotations

from lfine.finetune.data.check.labels import absent_labels, imbalance, label_counts, label_variants, rare_labels
from tests.finetune.data.check.conftest import MakeSubject, Only


def rows_of(**counts: int) -> list[tuple[str, str]]:
    return [(f"{label} {at}", label) for label, n in counts.items() for at in range(n)]


def test_counts_by_label_and_split(subject: MakeSubject) -> None:
    counts = label_counts(subject(train=rows_of(a=1, b=3), test=rows_of(a=2, c=1)))
    assert counts == {"b": {"train": 3, "test": 0}, "a": {"train": 1, "test": 2}, "c": {"train": 0, "test": 1}}
    assert list(counts) == ["b", "a", "c"]
    assert label_counts(subject(train=rows_of(a=3), kind="text")) is None


def test_variants_by_case_and_blanks(subject: MakeSubject, only: Only) -> None:
    train = [
        ("1", "Not Sure"),
        ("2", "Not Sure"),
        ("3", "not sure"),
        ("4", "not  sure"),
        ("5", "yes"),
        ("6", "notsure"),
    ]
    found = only(label_variants(subject(train=train)))
    assert (found.severity, found.row_ids) == ("error", (2, 3))
    assert found.examples == ("'Not Sure' (2) = 'not  sure' (1) = 'not sure' (1)",)
    assert list(label_variants(subject(train=rows_of(yes=2, no=2)))) == []


def test_a_label_never_learned_is_an_error_and_one_never_scored_a_warning(subject: MakeSubject) -> None:
    found = list(absent_labels(subject(train=rows_of(a=2, b=2), test=rows_of(a=2, c=3))))
    assert [(each.name, each.severity, each.count, each.split) for each in found] == [
        ("labels-not-learned", "error", 3, "train"),
        ("labels-not-scored", "warning", 2, "test"),
    ]
    assert "'c'" in found[0].message
    assert "'b'" in found[1].message


def test_no_label_is_missed_in_a_split_without_rows(subject: MakeSubject) -> None:
    assert list(absent_labels(subject(train=rows_of(a=2, b=2)))) == []


def test_imbalance_in_four_degrees(subject: MakeSubject, only: Only) -> None:
    assert list(imbalance(subject(train=rows_of(a=9, b=1, c=9)))) == []
    assert only(imbalance(subject(train=rows_of(a=70, b=7, c=23)))).severity == "note"
    found = only(imbalance(subject(train=rows_of(a=80, b=15, c=5), test=rows_of(c=99))))
    assert found.severity == "warning"
    assert found.message.startswith("'a' is the answer of 80.0% of 100 rows of train")
    assert "'c' (5)" in found.message
    assert only(imbalance(subject(train=rows_of(a=3), test=rows_of(b=1)))).severity == "error"


def test_rare_labels(subject: MakeSubject, only: Only) -> None:
    found = only(rare_labels(subject(train=rows_of(a=10, b=9, c=1))))
    assert found.message == "2 labels with fewer than 10 rows of train: 'b' (9), 'c' (1)"
    assert found.count == 10
    assert list(rare_labels(subject(train=rows_of(a=10), test=rows_of(b=1)))) == []
