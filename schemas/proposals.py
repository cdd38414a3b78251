"""How a single problem could be mended by changing the text, where there is one sure way.

    'r: "16"'          →  r: 16
    learning_rte: 1    →  learning_rate: 1
    lora_r: 8          →  r: 8 under `adapter` (lfine.schemas.moving)

A proposal is only tried, not trusted: lfine.schemas.fixing keeps it when the file has fewer problems with it.

*Not here:* making the changes (lfine.schemas.fixing).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lfine.schemas.cures import JOINED, NO_SPACE, Misfit, value_cure_of
from lfine.schemas.document import Document, Path, path_of
from lfine.schemas.editing import Text, end_of, key_span
from lfine.schemas.foreign import RENAMED_KEYS, REPLACED_KEYS
from lfine.schemas.moving import Move, cut_from_braces, cut_lines, moved
from lfine.schemas.problems import Fix, Problem
from lfine.schemas.schema import EACH, mapping_variant, node_at, schema_keys
from lfine.schemas.suggestions import closest, distance
from lfine.schemas.validation import accepts
from lfine.schemas.wording import shortened
from lfine.schemas.yaml_text import Duplicate

_COUNTS_OTHERWISE = (
    "per_device_batch_size",
    "per_device_train_batch_size",
    "train_batch_size",
    "max_length",
    "num_samples",
    "test_size",
)
"""Keys of other tools whose number means something else under the key that replaces them."""
_TAB_WIDTHS = (2, 4, 8)
_LONGEST_KEY = 100
"""Characters: no key that is written by hand is longer."""


@dataclass(frozen=True)
class Reread:
    """A file's own text, without what it extends."""

    text: Text
    document: Document | None
    """None where the text is not YAML."""
    duplicates: tuple[Duplicate, ...] = ()


def proposals(problem: Problem, file: Reread) -> list[Fix]:
    """Return the ways to mend a problem of this file, the likeliest first; none for most problems."""
    finder = _FINDERS.get(problem.code)
    if finder is None or problem.line is None or problem.column is None:
        return []
    at = file.text.index(problem.line, problem.column)
    return [fix for fix in finder(_Finding(problem, file, path_of(problem.path), at)) if fix.edits]


@dataclass(frozen=True)
class _Finding:
    problem: Problem
    file: Reread
    path: Path
    at: int
    """Index of the place that the problem names."""

    @property
    def text(self) -> Text:
        return self.file.text

    def replaced(self, start: int, stop: int, new: str) -> Fix:
        old = self.text.text[start:stop]
        return Fix((self.text.edit(start, stop, new),), shortened(old), shortened(new))


def _syntax(finding: _Finding) -> Iterator[Fix]:
    here = finding.text.text[finding.at : finding.at + 1]
    if finding.problem.cure == NO_SPACE and here == ":":
        edit = finding.text.edit(finding.at, finding.at + 1, ": ")
        line = finding.text.line(edit.line)
        yield Fix((edit,), shortened(line.strip()), shortened(f"{line[: edit.column]} {line[edit.column :]}".strip()))
    if here == "\t":
        yield from (_untabbed(finding, width) for width in _TAB_WIDTHS)


def _untabbed(finding: _Finding, width: int) -> Fix:
    number = finding.text.line_of(finding.at)
    line = finding.text.line(number)
    lead = line[: len(line) - len(line.lstrip())]
    start = finding.text.index(number, 1)
    edit = finding.text.edit(start, start + len(lead), lead.expandtabs(width))
    return Fix((edit,), "tab", "spaces")


def _unknown_key(finding: _Finding) -> Iterator[Fix]:
    document, path = finding.file.document, finding.path
    if document is None or path not in document.places:
        return
    name, parent = str(path[-1]), path[:-1]
    if len(name) > _LONGEST_KEY:
        return
    start, stop = key_span(document.places[path], finding.text)
    key, colon, _ = name.partition(":")
    if colon and key and document.at(path) is None and finding.text.text[start : start + len(name)] == name:
        yield finding.replaced(start, start + len(name), name.replace(":", ": ", 1))
        return
    siblings = _siblings(document, parent)
    near = closest(name, siblings)
    if near is not None and _letters(near) == _letters(name):
        yield finding.replaced(start, stop, near)
        return
    home = _other_home(name)
    if home is not None and home[:-1] != parent:
        if not document.has(home):
            yield from moved(Move(document, finding.text, path, home))
    elif home is not None and home[-1] in siblings:
        yield finding.replaced(start, stop, str(home[-1]))
    elif home is None and near is not None and _is_only(name, near, siblings):
        yield finding.replaced(start, stop, near)


def _siblings(document: Document, parent: Path) -> list[str]:
    """Return the keys that the mapping could have and has not."""
    mapping = mapping_variant(node_at(parent) or {}) or {"properties": {}}
    return [key for key in mapping["properties"] if not document.has((*parent, key))]


def _letters(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter not in "-_ ")


def _other_home(name: str) -> Path | None:
    """Return where a key of another tool, or of another mapping of the task, belongs; None where that is not sure."""
    word = name.lower().replace("-", "_")
    if word in REPLACED_KEYS or word in _COUNTS_OTHERWISE:
        return None
    if word in RENAMED_KEYS:
        return path_of(RENAMED_KEYS[word])
    homes = [key.path for key in schema_keys() if _letters(key.path[-1]) == _letters(name)]
    return homes[0] if len(homes) == 1 and EACH not in homes[0] else None


def _is_only(word: str, near: str, candidates: Iterable[str]) -> bool:
    edits = distance(word.lower(), near.lower())
    return all(each == near or distance(word.lower(), each.lower()) > edits for each in candidates)


def _value(finding: _Finding) -> Iterator[Fix]:
    document, path, excerpt = finding.file.document, finding.path, finding.problem.excerpt
    if document is None:
        return
    if not path and excerpt is not None and finding.problem.message.startswith("a key must be a text, got "):
        stop = finding.at + excerpt.width
        yield finding.replaced(finding.at, stop, f'"{finding.text.text[finding.at : stop]}"')
    place = document.places.get(path)
    if not path or place is None or place.value.line != finding.problem.line:
        return
    if finding.problem.cure.startswith(NO_SPACE):
        colons = [place.start + match.start(1) for match in JOINED.finditer(place.source)]
        edits = tuple(finding.text.edit(colon, colon + 1, ": ") for colon in colons)
        yield Fix(edits, shortened(place.source), shortened(JOINED.sub(_with_space, place.source)))
    written = value_cure_of(Misfit(document, path, node_at(path) or {}, accepts)).written
    if written is not None and place.source and place.style in ("plain", "single", "double", "flow"):
        yield finding.replaced(place.start, end_of(document, path), written)


def _with_space(match: re.Match[str]) -> str:
    return match[0].replace(":", ": ", 1)


def _allowed_value(finding: _Finding) -> Iterator[Fix]:
    """Propose a value that is the only one near what is written."""
    document = finding.file.document
    for fix in _value(finding):
        word = str(document.at(finding.path)) if document is not None else ""
        allowed = _words(finding.path)
        near = fix.new in allowed and distance(word.lower(), fix.new) <= 2
        if not near or _is_only(word, fix.new, allowed):
            yield fix


def _words(path: Path) -> list[str]:
    node = node_at(path) or {}
    kinds = node.get("anyOf", (node,))
    return [word for kind in kinds for word in kind.get("enum", ()) if isinstance(word, str)]


def _duplicate(finding: _Finding) -> Iterator[Fix]:
    """Propose to remove the second of two equal lines."""
    for each in finding.file.duplicates:
        key = each.place.key
        if key is None or not each.is_equal or (key.line, key.column) != (finding.problem.line, finding.problem.column):
            continue
        start, _ = finding.text.span(key)
        stop = each.place.start + len(each.place.source.rstrip())
        parent = finding.file.document.places[each.path[:-1]] if finding.file.document else each.place
        cut = cut_from_braces if parent.style == "flow" else cut_lines
        removed = cut(finding.text, start, stop) if each.place.style != "block" else None
        behind = finding.text.text[stop : finding.text.after(finding.text.line_of(stop))]
        if removed is not None and (parent.style == "flow" or not behind.strip()):  # a comment is not thrown away
            old = shortened(finding.text.text[start:stop])
            yield Fix((removed,), old, "nothing: the key stands above already")


_FINDERS: dict[str, Callable[[_Finding], Iterator[Fix]]] = {
    "LF102": _value,
    "LF103": _unknown_key,
    "LF104": _allowed_value,
    "LF105": _value,
    "LF106": _duplicate,
    "LF107": _syntax,
    "LF112": _value,
}
