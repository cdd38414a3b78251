"""The script that calls a metric's function in a process of its own, so that it can be stopped: one answer a line.

    stdin   {"file": "/my/metrics.py", "name": "score"}  then  {"prediction": "…", "gold": "…", "row": {"city": "Rome"}}
    stdout  {"source": "/my/metrics.py"}                 then  {"score": 0.5}  or  {"error": "KeyError: 'city'"}

It is the user's own code, in the user's own environment: nothing is confined, and what it prints goes to stderr.
*Not here:* what a score may be (lfine.evaluation.metrics.custom); code that a model wrote (lfine.evaluation.cage).
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from numbers import Real
from typing import Any


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    lines = iter(sys.stdin.buffer.readline, b"")

    def send(record: dict[str, Any]) -> None:
        answers.write(json.dumps(record) + "\n")
        answers.flush()

    function = None
    for line in lines:
        asked = json.loads(line)
        try:
            if function is None:
                function, source = load(asked)
                send({"source": source})
            else:
                send({"score": plain(function(asked["prediction"], asked["gold"], asked["row"]))})
        except Exception as error:  # noqa: BLE001 - whatever the function raises is told, with its line
            send({"error": told(error)})


def load(asked: dict[str, Any]) -> tuple[Callable[[Any, Any, Any], object], str | None]:
    """Return the function and the file that it stands in: of a file, or of an installed module."""
    if "file" in asked:
        sys.path.insert(0, os.path.dirname(asked["file"]))  # noqa: PTH120 - for the modules beside it
        spec = importlib.util.spec_from_file_location("lfine_custom_metric", asked["file"])
        if spec is None or spec.loader is None:
            raise ImportError(f"{asked['file']} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(asked["module"])
    function: Any = module
    for part in asked["name"].split("."):
        function = getattr(function, part)
    if not callable(function):
        raise TypeError(f"{asked['name']} is {type(function).__name__}, not a function")
    source = asked.get("file") or inspect.getsourcefile(inspect.unwrap(function))
    return function, source


def plain(score: object) -> object:
    """Return a score as JSON can hold it; what is none is told by its type."""
    if score is None or isinstance(score, Real):
        return None if score is None else float(score)
    if isinstance(score, dict) and score and all(isinstance(key, str) for key in score):
        return {key: plain(value) for key, value in score.items()}
    raise TypeError(f"it must return a number, a mapping of names to numbers, or None, and returned {score!r:.80}")


def told(error: BaseException) -> str:
    """Return the error in one line, with the place in the user's file."""
    text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    if not frames or isinstance(error, SyntaxError):
        return text
    return f"{text} ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})"  # noqa: PTH119


if __name__ == "__main__":
    main()
