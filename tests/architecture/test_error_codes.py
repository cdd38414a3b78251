"""Every problem code that the source names is in the table, and every code of the table is named in the source.

    Problem("LF103", …) in schemas/validation.py   ⟷   CODES["LF103"] in schemas/codes.py

*Not here:* the reference page made from the table, in tests/docs/.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from lfine.schemas.codes import CODES

CODE = re.compile(r"\bLF[0-9]{3}\b")


def codes_named(source: str) -> set[str]:
    """Return the codes in the texts of a module, its docstrings left out."""
    tree = ast.parse(source)
    # A bare text is a docstring or the text under a field: it explains a code and raises none.
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]
    return {code for text in texts for code in CODE.findall(text)}


@pytest.fixture(scope="module")
def used(source_files: dict[str, Path]) -> dict[str, list[str]]:
    """Code → the modules that name it, the table itself left out."""
    found: dict[str, list[str]] = {}
    for module, path in source_files.items():
        if module != "lfine.schemas.codes":
            for code in codes_named(path.read_text(encoding="utf-8")):
                found.setdefault(code, []).append(module)
    return found


def test_every_code_in_the_source_is_in_the_table(used: dict[str, list[str]]) -> None:
    assert {code: modules for code, modules in used.items() if code not in CODES} == {}


def test_every_code_of_the_table_is_used(used: dict[str, list[str]]) -> None:
    assert sorted(set(CODES) - set(used)) == []


def test_names_are_unique_kebab_case() -> None:
    names = [code.name for code in CODES.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_the_table_is_in_order_and_complete() -> None:
    assert list(CODES) == sorted(CODES)
    empty = [code for code, entry in CODES.items() if not all((entry.what, entry.why, entry.example, entry.instead))]
    assert empty == []


def test_codes_are_found_in_calls_and_not_in_prose() -> None:
    source = '"""Raises LF101."""\nraise TaskError(Problem("LF999", "got"))\nx = {"LF998": 1}\n"""Not LF997."""\n'
    assert codes_named(source) == {"LF999", "LF998"}
