"""What keys say together: rules that need the whole task file and none of its data.

    epochs: 3 with train_steps: 100        →  LF206, one of them would be ignored
    template: 'Label: {label}', output_feature: label  →  LF202, the answer stands in the prompt

Each rule looks only at values of the right kind: the others have been reported already.

*Not here:* columns and rows (lfine.finetune.data), names of metrics (lfine.evaluation).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lfine.schemas.document import Document, Path, Span
from lfine.schemas.problems import Problem
from lfine.schemas.template import Part, TemplateError, columns, parse_template

_SOURCES = ("path", "hub", "train")
_TEMPLATE: Path = ("prompt", "template")
_SPLIT: Path = ("preprocessing", "split")
_LINE_END = re.compile(r"\r\n|\n|\r")


def sense_problems(document: Document) -> list[Problem]:
    """Return the problems of all rules."""
    return [problem for rule in _RULES for problem in rule(document)]


def _given(document: Document, parent: Path, *names: str) -> list[str]:
    """Return which of the keys under `parent` have a value, null not counted."""
    return [name for name in names if document.at((*parent, name)) is not None]


def _both(document: Document, path: Path, message: str, cure: str) -> Problem:
    return document.problem("LF206", path, message=message, cure=cure)


def _dataset_source(document: Document) -> Iterator[Problem]:
    if not isinstance(document.at(("dataset",)), dict):
        return
    given = _given(document, ("dataset",), *_SOURCES)
    if not given:
        message = "dataset has none of `path`, `hub` and `train`"
        yield document.problem("LF101", ("dataset", "path"), message=message, cure="add `path:` with a data file")
    if len(given) > 1:
        message = f"dataset.{given[0]} and dataset.{given[1]} exclude each other"
        yield _both(document, ("dataset", given[1]), message, "keep one of them")
    if given == ["hub"]:
        return
    for name in _given(document, ("dataset",), "name", "revision"):
        message = f"dataset.{name} says something about `dataset.hub`, which is not given"
        yield _both(document, ("dataset", name), message, "remove it, or name the data set with `hub`")


def _separate_files(document: Document) -> Iterator[Problem]:
    files = _given(document, ("dataset",), "validation", "test")
    source = _given(document, ("dataset",), *_SOURCES)
    if files and source in (["path"], ["hub"]):
        message = f"dataset.{files[0]} stands beside dataset.{source[0]}, which holds all rows"
        cure = (
            "rename `path` to `train`"
            if source == ["path"]
            else "remove it: the rows of a hub data set have their split"
        )
        yield _both(document, ("dataset", files[0]), message, cure)
    if source == ["train"] and document.at(_SPLIT):
        message = "preprocessing.split divides rows that dataset.train has divided already"
        yield _both(document, _SPLIT, message, "remove `preprocessing.split`, or name one file with `dataset.path`")


def _split(document: Document) -> Iterator[Problem]:
    kind = document.at((*_SPLIT, "type"))
    column_given = document.at((*_SPLIT, "column")) is not None
    if kind == "hash" and column_given:
        message = "split.column is not looked at where split.type is hash"
        yield _both(document, (*_SPLIT, "column"), message, "remove `column`, or write `type: fixed`")
    if (kind == "fixed" or (kind is None and column_given)) and document.has((*_SPLIT, "probabilities")):
        message = "split.probabilities is not looked at where a column says the split"
        yield _both(document, (*_SPLIT, "probabilities"), message, "remove `probabilities`, or write `type: hash`")
    shares = document.at((*_SPLIT, "probabilities"))
    numbers = [share for share in shares if isinstance(share, int | float)] if isinstance(shares, list) else []
    if len(numbers) == 3 and abs(sum(numbers) - 1) > 1e-6:
        message = f"preprocessing.split.probabilities must add up to 1, got {sum(numbers):g}"
        cure = "change the shares of train, validation and test"
        yield document.problem("LF105", (*_SPLIT, "probabilities"), message=message, cure=cure)


def _length_of_training(document: Document) -> Iterator[Problem]:
    if len(_given(document, ("trainer",), "epochs", "train_steps")) == 2:
        message = "trainer.epochs and trainer.train_steps both say when to stop"
        yield _both(document, ("trainer", "train_steps"), message, "keep one of them")


def _system_without_chat(document: Document) -> Iterator[Problem]:
    if document.at(("prompt", "chat")) == "none" and document.at(("prompt", "system")):
        message = "prompt.system is given, but prompt.chat is none"
        cure = "put the text at the beginning of `prompt.template`, or remove `chat: none`"
        yield document.problem("LF207", ("prompt", "system"), message=message, cure=cure)


def _quantization(document: Document) -> Iterator[Problem]:
    if not isinstance(document.at(("quantization",)), dict):
        return
    if document.has(("adapter",)) and document.at(("adapter",)) is None:
        message = "quantized weights cannot be trained, and adapter is null"
        cure = "remove `adapter: null`, or write `quantization: null`"
        yield document.problem("LF205", ("quantization",), message=message, cure=cure)
    if document.at(("quantization", "bits")) == 8:
        for name in _given(document, ("quantization",), "bnb_4bit_quant_type", "bnb_4bit_use_double_quant"):
            message = f"quantization.{name} is not looked at where bits is 8"
            yield _both(document, ("quantization", name), message, f"remove `{name}`, or write `bits: 4`")


def _labels_of_text(document: Document) -> Iterator[Problem]:
    labels: Path = ("output_feature", "labels")
    if document.at(("output_feature", "type")) == "text" and document.at(labels) is not None:
        message = "output_feature.labels is given, but output_feature.type is text"
        yield _both(document, labels, message, "remove `labels`, or write `type: category`")


def _template(document: Document) -> Iterator[Problem]:
    template = document.at(_TEMPLATE)
    if not isinstance(template, str) or not template:
        return
    try:
        parts = parse_template(template)
    except TemplateError as error:
        at = template_span(document, error.offset, 1)
        yield document.problem("LF203", _TEMPLATE, message=f"prompt.template {error.message}", cure=error.cure, at=at)
        return
    if not columns(parts):
        message, cure = "prompt.template names no column: every example would have the same prompt", "add a `{column}`"
        yield document.problem("LF208", _TEMPLATE, message=message, cure=cure)
    yield from _output_in_template(document, parts)


def _output_in_template(document: Document, parts: tuple[Part, ...]) -> Iterator[Problem]:
    output = document.at(("output_feature",))
    name = output.get("name") if isinstance(output, dict) else output
    for part in parts:
        if part.column and part.text == name:
            message = f"prompt.template holds `{{{name}}}`, the column to learn"
            cure = "leave it out: the model would read the answer before giving it"
            at = template_span(document, part.offset, len(part.text) + 2)
            yield document.problem("LF202", _TEMPLATE, message=message, cure=cure, at=at)
            return


def template_span(document: Document, offset: int, width: int) -> Span | None:
    """Return where the brace at `offset` of the template stands in the file, None where that cannot be told.

    Quotes, folding and indentation move characters but neither add nor remove a brace, so the brace with the same count
    in the source is the one meant; an escape that makes a brace (`\\x7b`) is noticed by the unequal totals.
    """
    template, place = document.at(_TEMPLATE), document.places.get(_TEMPLATE)
    if place is None or not isinstance(template, str) or place.style == "flow":
        return None
    header = len(place.source.partition("\n")[0]) if place.style in ("literal", "folded") else 0
    braces = [match.start() for match in re.finditer(r"[{}]", place.source) if match.start() >= header]
    count = len(re.findall(r"[{}]", template))
    if len(braces) != count:
        return None
    index = place.start + braces[len(re.findall(r"[{}]", template[:offset]))]
    before = _LINE_END.split(document.text[:index])
    line, column = len(before), len(before[-1]) + 1
    return Span(line, column, min(width, len(document.lines[line - 1]) - column + 1))


_RULES: tuple[Callable[[Document], Iterator[Problem]], ...] = (
    _dataset_source,
    _separate_files,
    _split,
    _length_of_training,
    _system_without_chat,
    _quantization,
    _labels_of_text,
    _template,
)
