"""`lfine completion SHELL`: a completion script, made from the parser and the schema.

    lfine completion bash > ~/.local/share/bash-completion/completions/lfine

After `--set`, keys of the task language are offered; where a task is asked for, folders and YAML files.

*Not here:* how a shell reads it (docs/how-to/editors.md); writing the scripts' frame (the library shtab).
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="whose script")


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    from lfine.schemas.errors import MachineError
    from lfine.schemas.problems import Problem

    if importlib.util.find_spec("shtab") is None:
        raise MachineError(
            Problem("LF401", "completion needs shtab, which this installation lacks", "pip install shtab")
        )
    print(script(arguments.shell))
    return 0


def script(shell: str) -> str:
    """Return the completion script of a shell."""
    import shtab

    from lfine.cli.main import build_parser

    parser = build_parser()
    tasks = shtab.glob("*.yaml", "*.yml")
    offered = {
        "TASK": tasks,
        "PATH": tasks,
        "OTHER": tasks,
        "FILE": shtab.FILE,
        "IN": shtab.FILE,
        "OUT": shtab.FILE,
        "RUN": shtab.DIRECTORY,
        "DIR": shtab.DIRECTORY,
        "KEY.PATH=VALUE": {"bash": "_lfine_keys", "zsh": "_lfine_keys", "fish": "(__lfine_keys)"},
    }
    for action in _actions(parser):
        if isinstance(action.metavar, str) and action.metavar in offered and action.choices is None:
            action.complete = offered[action.metavar]  # type: ignore[attr-defined] # what shtab looks for
    text: str = shtab.complete(parser, shell, preamble=_preamble(shell))
    return text


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)


def keys() -> tuple[str, ...]:
    """Return the keys that `--set` takes: every key that holds a value, no key of a list's items."""
    from lfine.schemas.schema import EACH, schema_keys

    every = [key.dotted for key in schema_keys() if EACH not in key.path]
    return tuple(key for key in every if not any(other.startswith(f"{key}.") for other in every))


def _preamble(shell: str) -> str:
    """Return the function that offers the keys; no space after one, for its value follows."""
    words = " ".join(f"{key}=" for key in keys())
    if shell == "bash":
        return f'_lfine_keys() {{\n  compopt -o nospace 2>/dev/null\n  compgen -W "{words}" -- "$1"\n}}\n'
    if shell == "zsh":
        return f"_lfine_keys() {{\n  compadd -S '' -- {words}\n}}\n"
    return f"function __lfine_keys\n  printf '%s\\n' {words}\nend\n"
