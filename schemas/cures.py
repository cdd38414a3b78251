"""What to do about a value that its key does not take.

    adapter.r: "16"          →  remove the quotes
    dataset: viggo.parquet   →  write `dataset: {path: viggo.parquet}`

*Not here:* finding that the value is wrong (lfine.schemas.validation), unknown keys (lfine.schemas.suggestions).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lfine.schemas.document import Document, Path, Value
from lfine.schemas.scalars import scalar_of
from lfine.schemas.schema import Node, mapping_variant, types, variants
from lfine.schemas.suggestions import value_cure
from lfine.schemas.wording import expected, flow, shown

Accepts = Callable[[Node, Value], bool]
"""Whether a value satisfies a schema."""

_SPOKEN = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


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
    def source(self) -> str:
        place = self.document.places.get(self.path)
        return place.source if place is not None else ""

    def takes(self, name: str) -> bool:
        """Tell whether the key takes values of this JSON type."""
        return any(name in types(variant) for variant in variants(self.node))

    def fits(self, value: Value) -> bool:
        return self.accepts(self.node, value)


def value_cures(misfit: Misfit) -> str:
    """Return the first cure that applies."""
    return next(cure for cure in _cures(misfit) if cure)


def quoted_override(argument: str) -> str:
    """Return the cure for an override whose value was meant as text but means something to YAML."""
    key, _, text = argument.partition("=")
    return f"put the value in double quotes inside single ones: --set '{key}=\"{text}\"'"


def _cures(misfit: Misfit) -> Iterator[str]:
    match misfit.value:
        case str() as text:
            yield _unquoted(misfit, text)
            yield value_cure(text, _allowed_texts(misfit.node))
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


def _unquoted(misfit: Misfit, text: str) -> str:
    if misfit.source[:1] in ("'", '"') and misfit.fits(scalar_of(text)):
        return "remove the quotes"
    spoken = _SPOKEN.get(text.lower())
    if spoken and misfit.takes("boolean"):
        return f"write `{spoken}`"
    digits = text.strip().replace("_", "").replace(",", "").lstrip("0") or "0"
    if not isinstance(scalar_of(digits), str) and misfit.fits(scalar_of(digits)):
        return f"write `{digits}`"
    return ""


def _allowed_texts(node: Node) -> list[str]:
    return [value for variant in variants(node) for value in variant.get("enum", ()) if isinstance(value, str)]


def _nothing(misfit: Misfit) -> str:
    if not misfit.source and _comment_follows(misfit) and misfit.takes("string"):
        return "put the text in quotes: what follows `#` is a comment"
    if misfit.takes("object") and misfit.fits({}):
        return f"remove `{misfit.key}:`, or write keys below it"
    return ""


def _comment_follows(misfit: Misfit) -> bool:
    place = misfit.document.places.get(misfit.path)
    return (
        place is not None and misfit.document.lines[place.value.line - 1][place.value.column - 1 :].strip()[:1] == "#"
    )


def _brace_text(misfit: Misfit) -> str:
    override = misfit.document.override_of(misfit.path)
    if _allowed_texts(misfit.node) or not misfit.takes("string"):
        return ""
    if override is not None:
        return quoted_override(override.removeprefix("--set "))
    if misfit.source.startswith("{"):
        return "put the text in quotes, or write it after `>-` on the next line: `{` begins a mapping in YAML"
    return ""


def _single(misfit: Misfit, items: list[Value]) -> str:
    if len(items) == 1 and misfit.fits(items[0]):
        return f"write `{flow(items[0])}` without the brackets"
    return ""


def _quoted(misfit: Misfit) -> str:
    source = misfit.source or shown(misfit.value)
    return f'put it in quotes: `"{source}"`' if misfit.fits(source) else ""


def _short_form(misfit: Misfit) -> str:
    """Offer `{path: x}` for a bare `x` where one key of the mapping is what such a text means."""
    mapping = mapping_variant(misfit.node)
    bare = misfit.node.get("x-bare") or (mapping or {}).get("x-bare")
    if mapping is None or bare is None or isinstance(misfit.value, dict | list | None):
        return ""
    if not misfit.accepts(mapping["properties"][bare], misfit.value):
        return ""
    return f"write `{misfit.key}: {flow({bare: misfit.value})}`"


def _in_a_list(misfit: Misfit) -> str:
    value = misfit.value
    if misfit.takes("array") and not isinstance(value, list) and misfit.fits([value]):
        return f"write a list: `{flow([value])}`"
    return ""


def _for_instance(misfit: Misfit) -> str:
    examples = misfit.node.get("examples", ())
    return f"write for instance `{flow(examples[0])}`" if examples else f"write {expected(misfit.node)}"
