"""JUnit XML: parsed again, its structure that which CI systems read (the schema of Apache Ant's report)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from lfine.output.junit import junit_xml
from lfine.schemas.problems import Problem

REQUIRED = {"testsuites": {"tests"}, "testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name"}}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "system-out"},
    "failure": set[str](),
    "system-out": set[str](),
}


def parsed(files: Sequence[str], problems: Sequence[Problem], *, strict: bool = False) -> ET.Element:
    """Return the root, after its structure and counts were checked."""
    text = junit_xml(files, problems, strict=strict)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    root = ET.fromstring(text)  # noqa: S314 (our own text)
    assert root.tag == "testsuites"
    for element in root.iter():
        assert REQUIRED.get(element.tag, set()) <= set(element.attrib)
        assert {child.tag for child in element} <= CHILDREN[element.tag]
    for case in root.iter("testcase"):
        assert len(case.findall("failure")) <= 1
    for counted in (root, root[0]):
        assert counted.get("tests") == str(len(list(root.iter("testcase"))))
        assert counted.get("failures") == str(len(list(root.iter("failure"))))
    return root


def test_one_case_for_each_file(every: tuple[Problem, ...]) -> None:
    root = parsed(["tasks/sql.yaml", "clean.yaml"], every)
    names = [case.get("name") for case in root.iter("testcase")]
    assert names == ["tasks/sql.yaml", "clean.yaml", "my tasks, 50%:é.yaml", "absent.yaml", "lfine"]
    assert [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None] == [
        "tasks/sql.yaml",
        "absent.yaml",
        "lfine",
    ]


def test_a_failure_says_all_that_text_says(placed: Problem) -> None:
    other = Problem("LF103", "second", "cure it", file="tasks/sql.yaml", line=20, column=1)
    (failure,) = parsed(["tasks/sql.yaml"], [placed, other]).iter("failure")
    assert failure.get("type") == "LF102"
    assert failure.get("message") == f"{placed.message} (and 1 more)"
    assert failure.text == f"{placed.text()}\n\n{other.text()}"


def test_a_warning_passes_unless_strict(nasty: Problem) -> None:
    root = parsed([], [nasty])
    assert list(root.iter("failure")) == []
    (said,) = root.iter("system-out")
    assert "cure: write ]]> & go" in (said.text or "")
    (failure,) = parsed([], [nasty], strict=True).iter("failure")
    assert failure.get("type") == "LF103"


def test_characters_that_xml_cannot_hold_are_marked(nasty: Problem) -> None:
    (failure,) = parsed([], [nasty], strict=True).iter("failure")
    message = failure.get("message") or ""
    assert message.startswith('unknown key `<a & "b">`, 100%0A wrong\r\nsecond')
    assert message.endswith("\ufffd\ufffd[31m ü 😀")


def test_files_in_order_only() -> None:
    root = parsed(["b.yaml", "a.yaml"], [])
    assert root.attrib == {"name": "lfine", "tests": "2", "failures": "0", "errors": "0"}
    assert [case.get("name") for case in root.iter("testcase")] == ["b.yaml", "a.yaml"]
