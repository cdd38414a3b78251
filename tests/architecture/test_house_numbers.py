"""The house numbers that a machine can count: lengths, parameters, annotations, docstrings, names, tests to source.

    complaints("def f(a):\n    return a\n", Path("schemas/x.py"))
    == ["schemas/x.py: no module docstring", "schemas/x.py:1: f: not annotated: a, return"]

*Not here:* what ruff and mypy see already (style, complexity, types that contradict each other).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

Function = ast.FunctionDef | ast.AsyncFunctionDef

LONGEST_FILE, LONGEST_TEST, LONGEST_FUNCTION, MOST_PARAMETERS = 400, 600, 60, 7
BANNED = {"utils", "util", "common", "helpers", "helper", "misc", "base", "manager", "managers"}
BANNED_PARTS = BANNED - {"base", "common"}
"""In compounds `base_model` and `common_prefix` are terms of the field; `data_utils` is none."""


def functions(tree: ast.AST) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def parameters(function: Function) -> list[ast.arg]:
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return [argument for argument in named if argument.arg not in ("self", "cls")]


def about_function(function: Function) -> Iterator[str]:
    body = (function.end_lineno or function.lineno) - function.body[0].lineno + 1
    if body > LONGEST_FUNCTION:
        yield f"{body} lines, and {LONGEST_FUNCTION} are the most"
    count = len(parameters(function)) - (function.args.kwarg is not None)  # what a foreign caller adds is not counted
    if count > MOST_PARAMETERS:
        yield f"{count} parameters, and {MOST_PARAMETERS} are the most"
    bare = [argument.arg for argument in parameters(function) if argument.annotation is None]
    bare += ["return"] if function.returns is None else []
    if bare:
        yield f"not annotated: {', '.join(bare)}"


def about_docstring(tree: ast.Module, path: Path) -> Iterator[str]:
    if not tree.body and path.name == "conftest.py":
        return
    docstring = ast.get_docstring(tree)
    if not docstring:
        yield "no module docstring"
        return
    defines = any(isinstance(node, Function | ast.ClassDef) for node in tree.body)
    exempt = path.name.startswith("_") or path.parts[0] in ("tests", "benchmarks")
    if defines and not exempt and "*Not here:*" not in docstring:
        yield 'the module docstring lacks its third part, "*Not here:* what it leaves to whom"'


def about_name(path: Path) -> Iterator[str]:
    for name in (*path.parent.parts, path.stem.removeprefix("test_")):
        if name in BANNED or BANNED_PARTS & set(name.split("_")):
            yield f"the name {name!r} says nothing of what is inside"


def complaints(source: str, path: Path) -> list[str]:
    """Return where one file leaves the house numbers; `path` is relative to the repository's root."""
    tree = ast.parse(source)
    lines, most = source.count("\n"), LONGEST_TEST if path.parts[0] == "tests" else LONGEST_FILE
    found = [f"{path}: {lines} lines, and {most} are the most"] if lines > most else []
    found += [f"{path}: {text}" for text in (*about_docstring(tree, path), *about_name(path))]
    for function in functions(tree):
        found += [f"{path}:{function.lineno}: {function.name}: {text}" for text in about_function(function)]
    return found


def test_every_file_keeps_the_numbers(root: Path, source_files: dict[str, Path], test_files: list[Path]) -> None:
    scripts = [*(root / "benchmarks").rglob("*.py"), *(root / "docs").rglob("*.py")]
    found = [
        complaint
        for path in (*source_files.values(), *test_files, *scripts)
        for complaint in complaints(path.read_text(encoding="utf-8"), path.relative_to(root))
    ]
    assert not found, "\n".join(found)


def test_tests_are_at_least_as_long_as_the_source(
    source_files: dict[str, Path], test_files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    source = sum(path.read_text(encoding="utf-8").count("\n") for path in source_files.values())
    tests = sum(path.read_text(encoding="utf-8").count("\n") for path in test_files)
    with capsys.disabled():
        print(f"\ntests : source = {tests} : {source} lines = {tests / source:.2f}")
    assert tests >= source


GOOD = '"""One sentence.\n\n    an example\n\n*Not here:* the rest.\n"""\n\n\ndef f(a: int) -> int:\n    return a\n'

GUILTY = {
    "a long file": ("schemas/a.py", GOOD + "\n" * LONGEST_FILE, "lines, and 400"),
    "a long test": ("tests/test_a.py", GOOD + "\n" * LONGEST_TEST, "lines, and 600"),
    "a long function": ("schemas/a.py", GOOD + "    print(a)\n" * LONGEST_FUNCTION, "f: 61 lines"),
    "many parameters": ("schemas/a.py", GOOD.replace("a: int", ", ".join(f"a{i}: int" for i in range(8))), "8 param"),
    "no annotation": ("tests/test_a.py", GOOD.replace("a: int", "a"), "not annotated: a"),
    "no return type": ("schemas/a.py", GOOD.replace(" -> int", ""), "not annotated: return"),
    "a bare star": ("schemas/a.py", GOOD.replace("a: int", "a: int, *b"), "not annotated: b"),
    "no docstring": ("benchmarks/a.py", "A = 1\n", "no module docstring"),
    "no third part": ("schemas/a.py", GOOD.replace("*Not here:*", "Elsewhere:"), "third part"),
    "a banned module": ("schemas/utils.py", GOOD, "the name 'utils'"),
    "a banned folder": ("finetune/common/a.py", GOOD, "the name 'common'"),
    "a banned part": ("tests/schemas/test_data_helpers.py", GOOD, "the name 'data_helpers'"),
}


@pytest.mark.parametrize("case", GUILTY)
def test_each_broken_number_is_seen(case: str) -> None:
    name, source, expected = GUILTY[case]
    found = complaints(source, Path(name))
    assert len(found) == 1, found
    assert expected in found[0]


@pytest.mark.parametrize("name", ["schemas/a.py", "tests/schemas/test_a.py", "finetune/models/base_model.py"])
def test_a_good_file_passes(name: str) -> None:
    assert complaints(GOOD, Path(name)) == []
