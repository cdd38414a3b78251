"""`lfine validate --fix`: sure cures applied to a task file, its comments and layout left as they are.

    fix_text("adapter: {R: '16'}\\n…", "sql.yaml").changes  →  sql.yaml:1: R -> r, sql.yaml:1: '16' -> 16

Each proposal is tried on its own and kept when the file has fewer problems with it, so that a file is never made worse;
a change that uncovers others (the value of a misspelt key) is judged together with their mending.

*Not here:* finding the changes (lfine.schemas.proposals).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.schemas.editing import Text, apply_edits
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.loading import check_text
from lfine.schemas.problems import Fix, Problem
from lfine.schemas.proposals import Reread, proposals
from lfine.schemas.records import write_text
from lfine.schemas.source import read_source
from lfine.schemas.yaml_text import compose

_MARK = b"\xef\xbb\xbf"
_DEEPEST = 3
"""Changes that are tried together: a key, its value, and what that uncovers."""
_MOST = 300
"""Changes tried in one file."""


@dataclass(frozen=True)
class Change:
    """One change that was kept."""

    file: str
    line: int
    """Where it stood in the file as it was."""
    old: str
    new: str

    def text(self) -> str:
        """Return the line that is printed."""
        return f"{self.file}:{self.line}: {self.old} -> {self.new}"


@dataclass(frozen=True)
class Fixed:
    """A text after its mending."""

    text: str
    changes: tuple[Change, ...]
    """In the order of the file; empty for one that needs none or takes none."""


def fix_file(path: Path, overrides: Sequence[str] = ()) -> tuple[Change, ...]:
    """Mend a task file in place, whole or not at all; return the changes.

    A file that cannot be read is left alone (validation says why). Raises MachineError LF405 for one that cannot be
    written.
    """
    try:
        text = read_source(str(path))
    except TaskError:
        return ()
    fixed = fix_text(text, str(path), overrides)
    if fixed.changes:
        try:
            _write(path, fixed.text)
        except OSError as error:
            message = f"the mended file cannot be written: {(error.strerror or str(error)).lower()}"
            problem = Problem("LF405", message, "make the file and its folder writable", file=str(path))
            raise MachineError(problem) from None
    return fixed.changes


def _write(path: Path, text: str) -> None:
    target = path.resolve()  # a link stays a link
    mode = target.stat().st_mode
    with target.open("r+b") as stream:  # a file that is protected from writing is not replaced by another
        marked = stream.read(len(_MARK)) == _MARK
    write_text(target, ("\ufeff" if marked else "") + text)
    target.chmod(mode)


def fix_text(text: str, file: str, overrides: Sequence[str] = ()) -> Fixed:
    """Return the text with every proposal that leaves fewer problems, and what was changed."""
    trial = _Trial(file, tuple(overrides))
    state = trial.look(text, (), tuple(range(1, len(Text.of(text).starts) + 1)))
    tried: set[tuple[str, str, str]] = set()
    while True:
        untried = [each for each in state.problems if _key(each) not in tried]
        problem = min(untried, key=lambda each: each.code == "LF103", default=None)  # values first, then what moves
        if problem is None or trial.attempts >= _MOST:
            return Fixed(state.text, tuple(sorted(state.changes, key=lambda change: change.line)))
        tried.add(_key(problem))
        state = trial.improved(state, problem, _DEEPEST) or state


def with_fixes(problems: Sequence[Problem], text: str, file: str) -> list[Problem]:
    """Return the problems of a file, each with the change that could mend it where there is one, untried."""
    reread = _reread(text, file)
    found = ((each, proposals(each, reread) if each.file == file else []) for each in problems)
    return [replace(each, fix=fixes[0]) if fixes else each for each, fixes in found]


def _key(problem: Problem) -> tuple[str, str, str]:
    place = f"{problem.line}:{problem.column}" if problem.code in ("LF107", "LF106") else problem.path
    return problem.code, place, problem.message


def _reread(text: str, file: str) -> Reread:
    try:
        reading = compose(text, file)
    except TaskError:
        return Reread(Text.of(text), None)
    return Reread(Text.of(text), reading.document, reading.duplicates)


def _lines_after(lines: tuple[int, ...], fix: Fix, line: int) -> tuple[int, ...]:
    """Return the original line of each line once a fix is applied; what moves keeps the line it had."""
    numbers = list(lines)
    for edit in reversed(fix.edits):
        written = len(Text.of(edit.text).starts)
        first, last = numbers[edit.line - 1], numbers[edit.end_line - 1]
        ends = [first] if written == 1 else [*[line] * (written - 1), last]
        numbers[edit.line - 1 : edit.end_line] = ends
    return tuple(numbers)


@dataclass(frozen=True)
class _State:
    text: str
    problems: tuple[Problem, ...]
    changes: tuple[Change, ...]
    is_yaml: bool
    lines: tuple[int, ...]
    """For each line of `text` the one of the file as it was."""

    @property
    def badness(self) -> tuple[int, int, int]:
        """What must shrink: errors, then warnings; a text that is not YAML gets better when its mistake moves down."""
        if not self.is_yaml:
            return 1, -max((problem.line or 0 for problem in self.problems), default=0), 0
        warnings = sum(problem.severity == "warning" for problem in self.problems)
        return 0, len(self.problems) - warnings, warnings


@dataclass
class _Trial:
    file: str
    overrides: tuple[str, ...]
    attempts: int = 0

    def look(self, text: str, changes: tuple[Change, ...], lines: tuple[int, ...]) -> _State:
        self.attempts += 1
        problems = check_text(text, self.file, self.overrides)[1]
        is_yaml = _reread(text, self.file).document is not None
        return _State(text, tuple(problems), changes, is_yaml, lines)

    def improved(self, state: _State, problem: Problem, depth: int) -> _State | None:
        """Return a state with fewer problems in which `problem` was mended, None where no proposal gives one."""
        best: _State | None = None
        for changed in self.changed(state, problem):
            whole = changed if changed.badness < state.badness else self.completed(state, changed, depth - 1)
            if whole.badness < (best or state).badness:
                best = whole
        return best

    def changed(self, state: _State, problem: Problem) -> Iterator[_State]:
        if problem.file != self.file:  # of an extended file, or of the command line
            return
        for fix in proposals(problem, _reread(state.text, self.file)):
            if self.attempts < _MOST:
                line = state.lines[(problem.line or fix.edits[0].line) - 1]
                changes = (*state.changes, Change(self.file, line, fix.old, fix.new))
                yield self.look(apply_edits(state.text, fix.edits), changes, _lines_after(state.lines, fix, line))

    def completed(self, before: _State, state: _State, depth: int) -> _State:
        """Return `state` with what it uncovered mended too."""
        known = {_key(problem) for problem in before.problems}
        for problem in state.problems:
            if depth > 0 and _key(problem) not in known:
                state = self.improved(state, problem, depth) or state
        return state
