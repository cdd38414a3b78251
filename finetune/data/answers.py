"""What answers of a type must look like: numbers, JSON, JSON that satisfies a schema.

    answer_problems("number", "score", {"train": {0: "4.5", 7: "1,000"}}, None)
      ─▶  [LF325 answers in column 'score' that are no number: '1,000' (1 row: 7)]

*Not here:* which type an output has (lfine.finetune.data.outputs), judging a model's answers (lfine.evaluation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from lfine.finetune.data.files import find_file
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.values import decimal_commas, number_of
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import OutputFeature, OutputType, SplitName

Answers = Mapping[SplitName, Mapping[int, str]]
"""Split → row id → answer."""

_SCHEMA = "output_feature.schema"
_LONGEST = 80


@dataclass(frozen=True)
class AnswerSchema:
    """The JSON Schema that answers must satisfy."""

    name: str
    """The file as the task names it."""
    text: str
    """Its JSON, without blanks, keys in the order of the file."""


def read_answer_schema(feature: OutputFeature | None, folder: Path, *, place: Place = unplaced) -> AnswerSchema | None:
    """Return what `output_feature.schema` names; raises TaskError, LF301 no such file, LF302 not a JSON Schema."""
    if feature is None or feature.schema is None:
        return None
    path = find_file(feature.schema, folder, key=_SCHEMA, place=place)
    try:
        schema = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        _check(schema)
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error).split("\n", 1)[0]
        message = f"{feature.schema!r} is no JSON Schema: {reason}"
        raise TaskError(place("LF302", _SCHEMA, message, "mend the file, or remove the key")) from error
    return AnswerSchema(feature.schema, json.dumps(schema, ensure_ascii=False, separators=(",", ":")))


def answer_problems(
    kind: OutputType, column: str, answers: Answers, schema: AnswerSchema | None, *, place: Place = unplaced
) -> list[Problem]:
    """Return LF325 for answers of another type, LF326 for those against the schema; empty ones are another's matter."""
    if kind not in ("number", "json"):
        return []
    odd: dict[str, list[int]] = {}
    texts: list[str] = []
    against: dict[str, list[int]] = {}
    judge = None if schema is None or kind != "json" else _judge(schema, place)
    for row, answer in ((row, answer) for of_split in answers.values() for row, answer in of_split.items() if answer):
        if number_of(answer) is None if kind == "number" else not is_json(answer):
            odd.setdefault(repr(_short(answer)), []).append(row)
            texts.append(answer)
        elif judge is not None and (reason := judge(json.loads(answer))) is not None:
            against.setdefault(reason, []).append(row)
    problems = []
    if odd:
        message = f"answers in column {column!r} that are no {'number' if kind == 'number' else 'JSON'}: {_listed(odd)}"
        commas = f"these are written with a decimal comma: dataset.columns: {{{column}: {{decimal: ','}}}} reads them"
        cure = {
            "number": commas
            if decimal_commas(texts)
            else "write plain digits (1000, 0.5, 1e-4), without units or separators, or set the type to text",
            "json": "write JSON (texts and names in double quotes), or set the type to text",
        }[kind]
        problems.append(place("LF325", "output_feature.type", message, f"{cure}; rows are counted from 0"))
    if against and schema is not None:
        message = f"answers in column {column!r} against the schema {schema.name!r}: {_listed(against)}"
        problems.append(place("LF326", _SCHEMA, message, "mend the rows (counted from 0) or the schema"))
    return problems


def is_json(text: str) -> bool:
    """Tell whether a text is JSON as RFC 8259 has it: without NaN and Infinity."""
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _check(schema: object) -> None:
    """Raise ValueError for what cannot be a schema."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for

    if not isinstance(schema, dict):
        raise ValueError("it must be a mapping")
    try:
        validator_for(schema, default=Draft202012Validator).check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"{error.json_path}: {error.message}") from error


def _judge(schema: AnswerSchema, place: Place) -> Callable[[Any], str | None]:
    """Return a function: why a value does not satisfy the schema, or None; TaskError LF302 for broken references."""
    from jsonschema.exceptions import best_match
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing.exceptions import Unresolvable

    content: dict[str, Any] = json.loads(schema.text)
    validator = validator_for(content, default=Draft202012Validator)(content)

    def judge(value: Any) -> str | None:
        try:
            error = best_match(validator.iter_errors(value))
        except (Unresolvable, RecursionError, re.error) as broken:
            message = f"{schema.name!r} cannot be used: {str(broken) or 'it refers to itself without end'}"
            raise TaskError(place("LF302", _SCHEMA, message, "mend its references and patterns")) from broken
        return None if error is None else _short(f"{error.json_path}: {error.message}")

    return judge


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _listed(rows: Mapping[str, list[int]]) -> str:
    most = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))
    return listed([f"{what} ({counted(len(ids), 'row')}: {listed(ids)})" for what, ids in most])
