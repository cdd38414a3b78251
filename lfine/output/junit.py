"""Findings as JUnit XML, which every CI system shows as tests: one test case for each file.

    <testsuites name="lfine" tests="3" failures="1" errors="0"><testsuite name="lfine validate" …>
    <testcase classname="lfine.validate" name="tasks/sql.yaml"><failure type="LF102" message="2 problems">…

A file with warnings only passes, and its warnings stand in <system-out>; with `strict` they fail it.

*Not here:* one problem in words (lfine.schemas.problems).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from lfine.output.places import place
from lfine.schemas.problems import Problem

# Characters that XML 1.0 cannot hold, escaped or not (section 2.2): a message quotes what the user wrote.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(files: Sequence[str], problems: Sequence[Problem], *, strict: bool = False) -> str:
    """Return the document; `files` are the files looked at, those without a problem among them."""
    names = list(dict.fromkeys([*files, *(problem.file or "lfine" for problem in problems)]))
    suites = ET.Element("testsuites", {"name": "lfine"})
    suite = ET.SubElement(suites, "testsuite", {"name": "lfine validate"})
    for name in names:
        _case(suite, name, [problem for problem in problems if (problem.file or "lfine") == name], strict=strict)
    counts = {"tests": str(len(names)), "failures": str(len(suite.findall("testcase/failure"))), "errors": "0"}
    for element in (suites, suite):
        element.attrib.update(counts)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _case(suite: ET.Element, file: str, problems: Sequence[Problem], *, strict: bool) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": "lfine.validate", "name": _clean(place(file) or file)})
    errors = [problem for problem in problems if strict or problem.severity == "error"]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        failure = ET.SubElement(case, "failure", {"type": errors[0].code, "message": _clean(errors[0].message) + more})
        failure.text = _texts(errors)
    rest = [problem for problem in problems if problem not in errors]
    if rest:
        ET.SubElement(case, "system-out").text = _texts(rest)


def _texts(problems: Sequence[Problem]) -> str:
    return _clean("\n\n".join(problem.text() for problem in problems))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
