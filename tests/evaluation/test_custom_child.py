"""What the process of a custom metric makes of a function's answers and errors."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from lfine.evaluation.custom_child import load, plain, told


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (1, 1.0),
        (True, 1.0),
        (0.5, 0.5),
        (None, None),
        (np.float32(0.5), 0.5),
        (np.int64(1), 1.0),
        ({"a": 1}, {"a": 1.0}),
    ],
)
def test_scores_as_json_holds_them(score: object, expected: object) -> None:
    assert plain(score) == expected


@pytest.mark.parametrize("score", ["1", [1], {}, {1: 1}, {"a": "b"}, Decimal(1), object()])
def test_what_is_no_score(score: object) -> None:
    with pytest.raises(TypeError, match="it must return a number"):
        plain(score)


def test_functions_of_files_and_modules(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def score(p, g, row):\n    return 1\n")
    function, source = load({"file": str(file), "name": "score"})
    assert (function("", "", {}), source) == (1, str(file))
    function, source = load({"module": "json", "name": "dumps"})
    assert source is not None
    assert Path(source).parts[-2:] == ("json", "__init__.py")
    with pytest.raises(AttributeError):
        load({"module": "json", "name": "nothing"})


def test_errors_in_one_line_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def score(p, g, row):\n    raise ValueError('two\\nlines')\n")
    function, _ = load({"file": str(file), "name": "score"})
    with pytest.raises(ValueError, match="two") as caught:
        function("", "", {})
    assert told(caught.value) == "ValueError: two lines (mine.py, line 2)"
