"""`lfine validate --format …`: every format says the same, ends with the same code and loads nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from lfine.cli.validate import FORMATS
from tests.lfine.projects import Ended, lfine

PROGRAMS = [form for form in FORMATS if form not in ("text", "json")]
BAD = "base_model: m\ndataset: {path: rows.csv}\nprompt: {template: 't {q}'}\noutput_feature: y\nadapter: {r: '16'}\n"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", FORMATS)
def test_the_exit_code_is_the_same_in_every_format(form: str, bad: Path) -> None:
    assert lfine("validate", bad, "--format", form).code == 1
    bad.write_text(BAD.replace("'16'", "16"), encoding="utf-8")
    missing_data = lfine("validate", bad, "--format", form)
    assert missing_data.code == 0  # a warning
    assert lfine("validate", bad, "--format", form, "--strict").code == 1


@pytest.mark.parametrize("form", PROGRAMS)
def test_programs_read_stdout_and_stderr_is_quiet(form: str, bad: Path) -> None:
    ended = lfine("validate", bad, "--format", form)
    assert "adapter.r must be an integer" in ended.out
    assert ended.err == ""


def test_each_is_what_its_reader_reads(bad: Path) -> None:
    def written(form: str) -> Ended:
        return lfine("validate", bad, "--format", form)

    document = written("json").json()["problems"]
    results = json.loads(written("sarif").out)["runs"][0]["results"]
    assert [each["ruleId"] for each in results] == [each["code"] for each in document]
    regions = [each["locations"][0]["physicalLocation"]["region"] for each in results]
    assert [(each["startLine"], each["startColumn"]) for each in regions] == [
        (each["line"], each["column"]) for each in document
    ]
    assert len(written("github").out.splitlines()) == len(document)
    (failure,) = ET.fromstring(written("junit").out).iter("failure")  # noqa: S314 (our own text)
    assert failure.get("type") == document[0]["code"]


def test_the_strict_option_reaches_junit(bad: Path) -> None:
    bad.write_text(BAD.replace("'16'", "16"), encoding="utf-8")
    relaxed, strict = (lfine("validate", bad, "--format", "junit", *words).out for words in ((), ("--strict",)))
    assert ('failures="0"' in relaxed, 'failures="1"' in strict) == (True, True)


def test_an_unknown_format_is_refused(bad: Path) -> None:
    assert lfine("validate", bad, "--format", "html").code == 2


def test_a_writer_is_imported_only_where_it_writes() -> None:
    code = "import sys, lfine.cli.validate, lfine.validating; print([m for m in sys.modules if 'lfine.output' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
