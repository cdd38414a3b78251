"""The text of a YAML file made into a Document: YAML 1.2 core rules, every position kept.

    compose("adapter:\\n  r: 16\\n", "t.yaml").document.places["adapter", "r"].value == Span(2, 6, width=2)

PyYAML delivers events; nodes are put together here, since its own composer drops duplicate keys without a word, follows
aliases without a limit and reads `yes` as true. Events of its C parser carry the same positions as those of the Python
one (compared on this module's tests) in a twentieth of the time: 0.1 ms against 2.1 ms for a task of 25 lines.

*Not here:* reading files (lfine.schemas.source) and explaining syntax errors (lfine.schemas.syntax).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import yaml

from lfine.schemas.document import Document, Path, Place, Span, Style, Value
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Excerpt, Problem
from lfine.schemas.scalars import Scalar, scalar_of
from lfine.schemas.source import split_lines

MAX_NODES = 10_000
"""Values of one file with its aliases written out; a task with 1,000 labels has 1,100."""
MAX_DEPTH = 50
"""Mappings and lists inside each other; a task needs 4."""
_EXPLAINED = 100_000
"""Characters up to which a syntax error is looked at with the Python parser too, which reads 300,000 in a second."""

_STYLES: dict[str, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")


class _Mark(Protocol):
    """A place in the text, counted from 0; each of the two parsers has its own class."""

    line: int
    column: int
    index: int


@dataclass
class _Node:
    event: yaml.NodeEvent
    """Where it begins; an alias's own event for an alias."""
    end: _Mark
    """Where it ends, which for mappings and lists only a later event says."""
    text: str = ""
    """Of a scalar, quotes and escapes undone."""
    items: tuple[_Node, ...] = ()
    """Of a list; of a mapping keys and values in turn."""
    aliased: _Node | None = None
    """What an alias stands for."""


@dataclass(frozen=True)
class Duplicate:
    """A key that stands a second time in its mapping; the first one counts."""

    path: Path
    place: Place
    """Of the second value."""
    is_equal: bool
    """The second value is the same as the first."""


@dataclass(frozen=True)
class Reading:
    """What came of a text."""

    document: Document | None
    """None for a text without any value."""
    problems: tuple[Problem, ...]
    """Duplicate keys and the like, after which reading could go on."""
    duplicates: tuple[Duplicate, ...] = ()


@dataclass
class _Composer:
    text: str
    file: str
    lines: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    places: dict[Path, Place] = field(default_factory=dict)
    anchors: dict[str, _Node | None] = field(default_factory=dict)
    nodes: int = 0

    def problem(self, code: str, span: Span, message: str, cure: str) -> Problem:
        line = self.lines[span.line - 1] if span.line <= len(self.lines) else ""
        return Problem(
            code, message, cure, file=self.file, line=span.line, column=span.column, excerpt=Excerpt(line, span.width)
        )

    def span(self, event: yaml.Event, end: _Mark | None = None) -> Span:
        start = _place(event.start_mark)
        end = end or _place(event.end_mark)
        line = self.lines[start.line] if start.line < len(self.lines) else ""
        stop = end.column if end.line == start.line else len(line.rstrip())
        header = _BLOCK_HEADER.match(line, start.column)
        if isinstance(event, yaml.ScalarEvent) and event.style in ("|", ">") and header:
            stop = header.end()
        return Span(start.line + 1, start.column + 1, max(1, stop - start.column))

    def count(self, event: yaml.Event, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            message = f"the file holds more than {MAX_NODES:,} values once its aliases are written out"
            raise TaskError(self.problem("LF110", self.span(event), message, "write fewer values, without aliases"))
        if depth > MAX_DEPTH:
            message = f"mappings and lists stand more than {MAX_DEPTH} deep inside each other"
            raise TaskError(self.problem("LF110", self.span(event), message, "write a flatter file"))

    # First pass: events to nodes. Aliases stay references.

    def node(self, events: Iterator[yaml.Event], event: yaml.Event, depth: int) -> _Node:
        self.count(event, depth)
        if isinstance(event, yaml.AliasEvent):
            return _Node(event, _place(event.end_mark), aliased=self.target(event))
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):  # the parser promises a value here
            raise TypeError(f"unexpected event {event!r}")
        if event.anchor:
            self.anchors[event.anchor] = None  # not complete: an alias to it now would refer to itself
        self.check_tag(event)
        if isinstance(event, yaml.ScalarEvent):
            node = _Node(event, _place(event.end_mark), text=event.value)
        else:
            node = self.collection(events, event, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def collection(self, events: Iterator[yaml.Event], start: yaml.CollectionStartEvent, depth: int) -> _Node:
        items: list[_Node] = []
        for event in events:
            if isinstance(event, yaml.CollectionEndEvent):
                break
            items.append(self.node(events, event, depth + 1))
        return _Node(start, _place(event.end_mark), items=tuple(items))

    def target(self, event: yaml.AliasEvent) -> _Node:
        name = event.anchor or ""
        node = self.anchors.get(name)
        if node is not None:
            return node
        if name in self.anchors:
            message, cure = f"the alias `*{name}` stands inside the value that it repeats", "write the value out"
            raise TaskError(self.problem("LF110", self.span(event), message, cure))
        message = f"`*{name}` repeats a value marked `&{name}`, and there is none"
        cure = "put the text in quotes if it is meant to begin with `*`"
        raise TaskError(self.problem("LF107", self.span(event), message, cure))

    def check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is None or (isinstance(event, yaml.ScalarEvent) and event.tag in _TEXT_TAGS):
            return
        span = self.span(event)
        written = self.lines[span.line - 1][span.column - 1 :].split(" ")[0]
        message = f"a task file has no tags, got `{written}`"
        cure = "remove the tag, or put the text in quotes if it is meant to begin with `!`"
        self.problems.append(self.problem("LF113", span, message, cure))

    # Second pass: nodes to values and places, aliases written out.

    def value(self, node: _Node, path: Path, key: Span | None, depth: int) -> Value:
        self.count(node.event, depth)
        self.places[path] = self.place(node, key)
        target = node.aliased or node
        if isinstance(target.event, yaml.MappingStartEvent):
            return self.mapping(target, path, depth)
        if isinstance(target.event, yaml.SequenceStartEvent):
            return [self.value(item, (*path, index), None, depth + 1) for index, item in enumerate(target.items)]
        return self.scalar(target)

    def mapping(self, node: _Node, path: Path, depth: int) -> Value:
        result: dict[str, Value] = {}
        for key, value in zip(node.items[::2], node.items[1::2], strict=True):
            name = self.key_name(key)
            if name is None:
                continue
            span = self.span(key.event, key.end)
            if name in result:
                self.report_duplicate(name, span, (*path, name))
                self.duplicates.append(self.duplicate(value, result[name], (*path, name), span))
            else:
                result[name] = self.value(value, (*path, name), span, depth + 1)
        return result

    def report_duplicate(self, name: str, span: Span, path: Path) -> None:
        first = self.places[path].key or span
        message = f"the key `{name}` stands twice in one mapping, on lines {first.line} and {span.line}"
        self.problems.append(self.problem("LF106", span, message, "keep one of them"))

    def duplicate(self, node: _Node, first: Value, path: Path, key: Span) -> Duplicate:
        """Return what the second one says, read apart so that the first one keeps its places."""
        twin = _Composer(self.text, self.file, self.lines, nodes=self.nodes)
        value = twin.value(node, path, key, len(path))
        self.nodes = twin.nodes
        return Duplicate(path, twin.places[path], json.dumps(value) == json.dumps(first))

    def key_name(self, key: _Node) -> str | None:
        """Return the key's text; report what cannot be one."""
        value = self.scalar(key)
        if not isinstance(key.event, yaml.ScalarEvent):
            code, message = (
                "LF113",
                "a key must be a plain text, got " + ("an alias" if key.aliased else "a list or a mapping"),
            )
            cure = "write the key out as a text"
        elif not isinstance(value, str):
            code, message = "LF102", f"a key must be a text, got {key.text or 'nothing'}"
            cure = f'put it in quotes: `"{key.text}"`' if key.text else "write the key before the colon"
        elif value == "<<" and not key.event.style:
            code, message, cure = "LF113", "`<<` does not merge mappings in a task file", "write the merged keys out"
        else:
            return value
        self.problems.append(self.problem(code, self.span(key.event, key.end), message, cure))
        return None

    def scalar(self, node: _Node) -> Scalar:
        event = node.event
        plain = isinstance(event, yaml.ScalarEvent) and not event.style and event.tag is None
        return scalar_of(node.text) if plain else node.text

    def place(self, node: _Node, key: Span | None) -> Place:
        start, stop = _place(node.event.start_mark).index, node.end.index
        style: Style = "plain" if node.aliased else "block"
        if isinstance(node.event, yaml.ScalarEvent):
            style = _STYLES.get(node.event.style or "", "plain")
        elif isinstance(node.event, yaml.CollectionStartEvent) and node.event.flow_style:
            style = "flow"
        return Place(self.span(node.event, node.end), key, self.text[start:stop], start, style)


def _events(text: str, loader: type[yaml.SafeLoader | yaml.CSafeLoader]) -> Iterator[yaml.Event]:
    parser = loader(text)
    while parser.check_event():
        event = parser.get_event()
        if event is not None:
            yield event


def _place(mark: _Mark | None) -> _Mark:
    if mark is None:
        raise TypeError("a parser that gives no places")
    return mark


def compose(text: str, file: str) -> Reading:
    """Return the document of `text`; raise TaskError where nothing can be made of it (LF107, LF109, LF110).

    `file` is only named in problems.
    """
    lines = split_lines(text)
    composer = _Composer(text, file, lines)
    try:
        root = _root(composer, _events(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError as error:
        raise TaskError(_explained(error, text, lines, file)) from None
    if root is None:
        return Reading(None, tuple(composer.problems))
    composer.nodes = 0
    value = composer.value(root, (), None, 0)
    document = Document(file, value, text, lines, composer.places, {})
    return Reading(document, tuple(composer.problems), tuple(composer.duplicates))


def _root(composer: _Composer, events: Iterator[yaml.Event]) -> _Node | None:
    root: _Node | None = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent) and root is not None:
            message, cure = "a second document begins here", "put each task into a file of its own"
            raise TaskError(composer.problem("LF109", composer.span(event), message, cure))
        if isinstance(event, yaml.NodeEvent):
            root = composer.node(events, event, 0)
    return root


def _explained(error: yaml.YAMLError, text: str, lines: tuple[str, ...], file: str) -> Problem:
    from lfine.schemas.syntax import explain_syntax  # 4 ms that a good file need not pay

    precise = _pure_error(text) if len(text) <= _EXPLAINED else None
    return explain_syntax(precise or error, lines, file)


def _pure_error(text: str) -> yaml.YAMLError | None:
    """Return the Python parser's error, which says more about the place than the C parser's."""
    try:
        for _ in _events(text, yaml.SafeLoader):
            pass
    except yaml.YAMLError as error:
        return error
    return None
