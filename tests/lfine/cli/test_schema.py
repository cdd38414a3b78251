"""`lfine schema`."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from lfine.schemas.schema import task_schema
from tests.lfine.projects import lfine


def test_prints_the_schema_and_nothing_else() -> None:
    ended = lfine("schema")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json() == task_schema()
    Draft202012Validator.check_schema(ended.json())
