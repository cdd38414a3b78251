"""`lfine schema`, and what editors need of the file that it prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped] # has no stubs

from lfine.cli.schema import schema_file
from lfine.schemas.schema import task_schema
from tests.lfine.projects import lfine

ROOT = Path(__file__).parents[3]
LINE = "# yaml-language-server: $schema="


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(child)


def test_prints_the_schema_and_nothing_else() -> None:
    ended = lfine("schema")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json() == task_schema()
    Draft202012Validator.check_schema(ended.json())


def test_the_schema_stands_alone() -> None:
    references = [node["$ref"] for node in nodes(task_schema()) if "$ref" in node]
    assert references
    assert all(reference.startswith("#/$defs/") for reference in references)
    assert {reference.removeprefix("#/$defs/") for reference in references} == set(task_schema()["$defs"])


def schemas(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema inside it."""
    yield node
    inner = [*node.get("anyOf", []), node.get("items"), node.get("additionalProperties")]
    inner += [*node.get("properties", {}).values(), *node.get("$defs", {}).values()]
    for each in inner:
        if isinstance(each, dict):
            yield from schemas(each)


def test_own_keywords_begin_with_x() -> None:
    """What draft 2020-12 does not know must look like an extension, or editors warn."""
    known: set[str] = set()
    for vocabulary in ("applicator", "validation", "meta-data", "core"):
        contents = REGISTRY.contents(f"https://json-schema.org/draft/2020-12/meta/{vocabulary}")
        assert isinstance(contents, dict)
        known |= set(contents["properties"])
    names = {name for node in schemas(task_schema()) for name in node}
    assert {"type", "properties", "x-form", "x-unit"} <= names
    assert {name for name in names if not name.startswith("x-")} <= known


def test_where_the_file_lies() -> None:
    ended = lfine("schema", "--path")
    assert Path(ended.out.strip()) == schema_file()
    assert json.loads(schema_file().read_text(encoding="utf-8")) == task_schema()


def test_every_task_file_names_the_schema_in_its_first_line() -> None:
    files = list((ROOT / "task_configs").rglob("*.y*ml"))
    assert files
    for path in files:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith(LINE), path
        assert (path.parent / first.removeprefix(LINE)).resolve() == ROOT / "schemas/task.schema.json", path
