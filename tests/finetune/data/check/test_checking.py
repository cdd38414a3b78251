"""All checks together."""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.data.check.checking import CHECKS, check
from tests.finetune.data.check.conftest import MakeSubject


def test_every_finding_is_announced_and_errors_come_first(subject: MakeSubject) -> None:
    train = [("a b c d", "x"), ("a b c d", "x"), ("a\x00", "X"), ("e", ""), ("e", "y"), ("fÃ©", "x"), ("", "x")]
    report = check(subject(train=train, validation=[("a b c d", "x")], test=[("a b c d", "y"), ("q", "z")]))
    announced = {name for each in CHECKS for name in each.names}
    names = [finding.name for finding in report.findings]
    assert set(names) <= announced
    expected = {"leaked-inputs", "duplicate-rows", "empty-answers", "label-variants", "mojibake", "small-test"}
    assert expected <= set(names)
    severities = [finding.severity for finding in report.findings]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert all(finding.cure and not finding.message.endswith(".") for finding in report.findings)


def test_no_two_checks_share_a_name() -> None:
    names = [name for each in CHECKS for name in each.names]
    assert len(names) == len(set(names))


def test_the_report_counts_rows_labels_and_lengths(subject: MakeSubject) -> None:
    report = check(subject(train=[("ab", "x"), ("abcd", "y")], test=[("e", "x")]))
    assert (report.rows, report.split_rows) == (3, {"train": 2, "test": 1})
    assert report.lengths == (3, 5)
    assert report.length_unit == "characters"
    assert report.labels == {"x": {"train": 1, "test": 1}, "y": {"train": 1, "test": 0}}


def test_rows_without_answers_and_no_rows_at_all(subject: MakeSubject) -> None:
    assert check(subject()).rows == 0
    unlabelled = replace(subject(train=[("a", ""), ("b", "")], kind="text"), answers=None)
    assert [finding.name for finding in check(unlabelled).findings] == ["few-examples", "no-test-rows"]
