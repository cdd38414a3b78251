"""What to do about a value that its key does not take.

    adapter.r: "16"          →  remove the quotes
    dataset: viggo.parquet   →  write `dataset: {path: viggo.parquet}`

*Not here:* finding that the value is wrong (lfine.schemas.validation), unknown keys (lfine.schemas.suggestions),
changing the file (lfine.schemas.fixing).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lfine.schemas.document import Document, Path, Value
from lfine.schemas.overrides import quoted_override
from lfine.schemas.scalars import scalar_of
from lfine.schemas.schema import Node, mapping_variant, node_at, resolved, types, variants
from lfine.schemas.suggestions import value_cure
from lfine.schemas.wording import expected, flow, shown

Accepts = Callable[[Node, Value], bool]
"""Whether a value satisfies a schema."""

NO_SPACE = "put a space after the colon"
JOINED = re.compile(r"^[ \t]*[A-Za-z_][\w-]*(:)(?=[^\s:/])", re.MULTILINE)
"""A line `epochs:3`, which YAML reads as a text; `http://…` is one."""
_WORD = re.compile("`([^`]+)`")
_SPOKEN = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


@dataclass(frozen=True)
class Cure:
    """What to do, for people and, where it is sure, for `--fix`."""

    words: str
    """An imperative, lower case."""
    written: str | None = None
    """What to write in place of the value; None where only the user can know."""


@dataclass(frozen=True)
class Misfit:
    """A value that does not satisfy its schema."""

    document: Document
    path: Path
    node: Node
    accepts: Accepts

    @property
    def value(self) -> Value:
        return self.document.at(self.path)

    @property
    def key(self) -> str:
        names = [part for part in self.path if isinstance(part, str)]
        return names[-1] if names else "the file"

    @property
    def required(self) -> bool:
        """The mapping that holds the value must have its key."""
        above = mapping_variant(node_at(self.path[:-1]) or {}) if self.path else None
        return above is not None and self.path[-1] in above.get("required", ())

    @property
    def source(self) -> str:
        place = self.document.places.get(self.path)
        return place.source if place is not None else ""

    def takes(self, name: str) -> bool:
        """Tell whether the key takes values of this JSON type."""
        return any(name in types(variant) for variant in variants(self.node))

    def fits(self, value: Value) -> bool:
        return self.accepts(self.node, value)


def value_cure_of(misfit: Misfit) -> Cure:
    """Return the first cure that applies."""
    return next(cure for cure in _cures(misfit) if cure is not None)


def value_cures(misfit: Misfit) -> str:
    """Return the words of the first cure that applies."""
    return value_cure_of(misfit).words


def _cures(misfit: Misfit) -> Iterator[Cure | None]:
    match misfit.value:
        case str() as text:
            yield _joined(misfit)
            yield _unquoted(misfit, text)
            yield _near_value(text, _allowed_texts(misfit.node))
        case None:
            yield _nothing(misfit)
        case dict():
            yield _brace_text(misfit)
        case list() as items:
            yield _single(misfit, items)
        case bool() | int() | float():
            yield _quoted(misfit)
    yield _short_form(misfit)
    yield _in_a_list(misfit)
    yield _for_instance(misfit)


def _joined(misfit: Misfit) -> Cure | None:
    """Find `epochs:3` where a mapping is expected."""
    mapping, place = mapping_variant(misfit.node), misfit.document.places.get(misfit.path)
    lines = misfit.source.split("\n")
    keys = [line.split(":")[0].strip() for line in lines]
    if mapping is None or place is None or place.style != "plain" or not all(map(JOINED.match, lines)):
        return None
    if not all(key in mapping["properties"] for key in keys):
        return None
    return Cure(f"{NO_SPACE}: `{keys[0]}: {lines[0].strip()[len(keys[0]) + 1 :]}`")


def _unquoted(misfit: Misfit, text: str) -> Cure | None:
    if misfit.source[:1] in ("'", '"') and text.strip() and misfit.fits(scalar_of(text)):
        return Cure("remove the quotes", text)
    spoken = _SPOKEN.get(text.lower())
    if spoken and misfit.takes("boolean"):
        return Cure(f"write `{spoken}`", spoken)
    digits = text.strip().replace("_", "").replace(",", "").lstrip("0") or "0"
    if not isinstance(scalar_of(digits), str) and misfit.fits(scalar_of(digits)):
        return Cure(f"write `{digits}`", digits)
    return None


def _near_value(text: str, allowed: list[str]) -> Cure | None:
    words = value_cure(text, allowed)
    named = _WORD.search(words)
    return Cure(words, named[1] if named and named[1] in allowed else None) if words else None


def _allowed_texts(node: Node) -> list[str]:
    return [value for variant in variants(node) for value in variant.get("enum", ()) if isinstance(value, str)]


def _nothing(misfit: Misfit) -> Cure | None:
    if not misfit.source and _comment_follows(misfit) and misfit.takes("string"):
        return Cure("put the text in quotes: what follows `#` is a comment")
    if misfit.takes("object") and misfit.fits({}) and not misfit.required:
        return Cure(f"remove `{misfit.key}:`, or write keys below it")
    return None


def _comment_follows(misfit: Misfit) -> bool:
    place = misfit.document.places.get(misfit.path)
    if place is None:
        return False
    line = misfit.document.source(misfit.path).lines[place.value.line - 1]
    return line[place.value.column - 1 :].strip()[:1] == "#"


def _brace_text(misfit: Misfit) -> Cure | None:
    override = misfit.document.override_of(misfit.path)
    if _allowed_texts(misfit.node) or not misfit.takes("string"):
        return None
    if override is not None:
        return Cure(quoted_override(override.removeprefix("--set ")))
    if misfit.source.startswith("{"):
        return Cure("put the text in quotes, or write it after `>-` on the next line: `{` begins a mapping in YAML")
    return None


def _single(misfit: Misfit, items: list[Value]) -> Cure | None:
    if len(items) == 1 and misfit.fits(items[0]):
        return Cure(f"write `{flow(items[0])}` without the brackets", flow(items[0]))
    return None


def _quoted(misfit: Misfit) -> Cure | None:
    source = misfit.source or shown(misfit.value)
    return Cure(f'put it in quotes: `"{source}"`', f'"{source}"') if misfit.fits(source) else None


def _short_form(misfit: Misfit) -> Cure | None:
    """Offer `{path: x}` for a bare `x` where one key of the mapping is what such a text means."""
    mapping = mapping_variant(misfit.node)
    bare = misfit.node.get("x-bare") or (mapping or {}).get("x-bare")
    if mapping is None or bare is None or isinstance(misfit.value, dict | list | None):
        return None
    if not misfit.accepts(resolved(mapping["properties"][bare]), misfit.value):
        return None
    examples = (example for example in misfit.node.get("examples", ()) if isinstance(example, dict))
    whole = next((example for example in examples if example.get(bare) == misfit.value), None)
    if whole is not None and len(whole) > 1 and misfit.node.get("required", mapping.get("required")):
        return Cure(f"write for instance `{misfit.key}: {flow(whole)}`")
    written = flow({bare: misfit.value})
    return Cure(f"write `{misfit.key}: {written}`", written)


def _in_a_list(misfit: Misfit) -> Cure | None:
    value = misfit.value
    if misfit.takes("array") and not isinstance(value, list) and misfit.fits([value]):
        return Cure(f"write a list: `{flow([value])}`", flow([value]))
    return None


def _for_instance(misfit: Misfit) -> Cure:
    examples = misfit.node.get("examples", ())
    return Cure(f"write for instance `{flow(examples[0])}`" if examples else f"write {expected(misfit.node)}")
