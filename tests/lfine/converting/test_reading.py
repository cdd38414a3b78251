"""Foreign files as their own systems read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.converting.reading import flat, read_foreign
from lfine.schemas.errors import TaskError


def written(folder: Path, text: str) -> Path:
    path = folder / "foreign.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_yaml_of_version_1_1_and_repeated_keys(tmp_path: Path) -> None:
    value, repeated = read_foreign(written(tmp_path, "a: 1e-4\nb: yes\nc: {d: 1, d: 2}\na: 2e-4\nl: [{x: 1, x: 2}]\n"))
    assert value == {"a": "2e-4", "b": True, "c": {"d": 2}, "l": [{"x": 2}]}
    assert repeated == ["c.d", "a", "l.0.x"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [1", "LF107"),
        ("- a\n", "LF131"),
        ("", "LF131"),
        ("!!python/object:os.system {}", "LF107"),
        ("a: \x00", "LF107"),
    ],
)
def test_what_is_no_configuration(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(TaskError) as caught:
        read_foreign(written(tmp_path, text))
    (problem,) = caught.value.problems
    assert (problem.code, bool(problem.cure)) == (code, True)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="LF108"):
        read_foreign(tmp_path / "no.yaml")


def test_flat() -> None:
    value = {
        "a": {"b": 1, "c": {}},
        "l": [1, 2],
        "f": [{"n": "q"}, {"n": "r"}],
        "adapter": {"rank_pattern": {"x.y": 4}},
    }
    assert flat(value) == {
        "a.b": 1,
        "a.c": {},
        "l": [1, 2],
        "f.0.n": "q",
        "f.1.n": "r",
        "adapter.rank_pattern": {"x.y": 4},
    }
