"""What the task file and the header of the data say together, before any row is read or model loaded.

    header_problems(loaded, ("question", "context", "answer")) -> [LF201 … {qestion} …]
    metric_problems(loaded)                                    -> [LF204 … accuracy is for category …]
    module_problems(loaded)                                    -> [LF250 … llama has no layer c_attn …]

*Not here:* the rows (lfine.finetune.data), what the file says by itself (lfine.schemas.sense).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from lfine.evaluation.extraction import check_extract
from lfine.evaluation.metrics.checking import check_columns, check_metrics
from lfine.evaluation.metrics.registry import MODULES, find, parameter
from lfine.finetune.catalogue.entries import entry
from lfine.finetune.catalogue.families import FAMILIES, Family
from lfine.finetune.catalogue.sources import converted_folder, resolve_source
from lfine.finetune.compile.selection import without_metric, without_value
from lfine.finetune.data.columns import preparation_problems, prepared_columns
from lfine.finetune.data.wording import column_cure
from lfine.schemas.loading import LoadedTask
from lfine.schemas.problems import Problem
from lfine.schemas.sense import template_span
from lfine.schemas.suggestions import did_you_mean
from lfine.schemas.task import Evaluation, MetricChoice, OutputFeature, Split, Task
from lfine.schemas.template import parse_template

OUTPUT_TYPES = ("category", "text", "number", "json", "sql")
WHOLE_MODULES = ("lm_head", "embed_tokens", "embed_in", "embed_out", "wte", "wpe", "word_embeddings")
"""Layers outside the decoder's, which an adapter may name too."""
OPTIONAL_COLUMNS = ("prompt", "entry_point")
"""Columns of metrics that are read where the data have them."""
_SPLIT = "preprocessing.split"
_OUTPUT = "output_feature.name"


def header_problems(loaded: LoadedTask, columns: Sequence[str]) -> list[Problem]:
    """Return a problem for each column that the task names and the data lack, placed where it is named.

    `columns` are those of the data; what `dataset.columns` makes is added here.
    """
    made = loaded.task.dataset.columns
    problems = preparation_problems(columns, made, place=loaded.problem)
    prepared = prepared_columns(columns, made)
    return [
        *problems,
        *_template_columns(loaded, prepared),
        *_named_columns(loaded, prepared),
        *_ignored_split_keys(loaded, prepared),
    ]


def _template_columns(loaded: LoadedTask, columns: Sequence[str]) -> Iterator[Problem]:
    document = loaded.document
    for part in parse_template(loaded.task.prompt.template or ""):
        if part.column and part.text not in columns:
            at = template_span(document, part.offset, len(part.text) + 2)
            message = f"prompt.template names {part.text!r}, and the data have no such column"
            cure = column_cure(part.text, columns)
            yield document.problem("LF201", ("prompt", "template"), message=message, cure=cure, at=at)


def _named_columns(loaded: LoadedTask, columns: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem for each key whose value is the name of a column that is not there."""
    task, document = loaded.task, loaded.document
    named = {
        "prompt.messages": task.prompt.messages,
        _OUTPUT: None if task.output_feature is None else task.output_feature.name,
        f"{_SPLIT}.column": _split_column(task),
        "evaluation.references": task.evaluation.references,
        "evaluation.choices": task.evaluation.choices,
        **_metric_columns(task.evaluation.metrics or ()),
    }
    for path, name in named.items():
        if name is None or name in columns:
            continue
        bare = path == _OUTPUT and isinstance(document.at(("output_feature",)), str)
        what = "output_feature" if path == _OUTPUT else path
        message, cure = f"{what} is {name!r}, and the data have no such column", column_cure(name, columns)
        at = document.span(("output_feature",)) if bare else None
        if path.startswith("evaluation"):
            yield loaded.problem("LF201", path, message, cure)
        else:
            yield document.problem("LF201", tuple(path.split(".")), message=message, cure=cure, at=at)


def _metric_columns(metrics: Sequence[MetricChoice]) -> dict[str, str | None]:
    """Return the columns that metrics are told to read, and those that they must have by their usual name."""
    known = [(place, choice, find(choice.name)) for place, choice in enumerate(metrics) if choice.name in MODULES]
    return {
        f"evaluation.metrics[{place}].{key}": str(parameter(choice, key))
        for place, choice, metric in known
        for key in metric.columns
        if getattr(choice, key) is not None or key not in OPTIONAL_COLUMNS
    }


def _split_column(task: Task) -> str | None:
    """Return the column that the split needs, a fixed one's default name included; None where none is asked for."""
    split = task.preprocessing.split
    return split.column or ("split" if split.type == "fixed" else None)


def _ignored_split_keys(loaded: LoadedTask, columns: Sequence[str]) -> Iterator[Problem]:
    """Yield the keys that a column `split` makes void: without a type it decides."""
    split: Split = loaded.task.preprocessing.split
    if split.type is not None or split.column is not None or "split" not in columns or loaded.task.dataset.train:
        return
    drawn = loaded.task.preprocessing.sample_ratio != 1  # by the same seed
    for key, code in (("probabilities", "LF236"), *(() if drawn else (("seed", "LF237"),))):
        if loaded.origin(f"{_SPLIT}.{key}") != "default":
            message = f"split.{key} is not looked at: the data have a column 'split', which says the split"
            yield loaded.problem(code, f"{_SPLIT}.{key}", message, f"remove `{key}`, or write `type: hash`")


def metric_problems(loaded: LoadedTask) -> list[Problem]:
    """Return what is wrong with metrics, extraction, baselines and selection, as far as the task file alone tells."""
    task = loaded.task
    known, labels = _output_type(task.output_feature), () if task.output_feature is None else task.output_feature.labels
    tried = [known] if known else list(OUTPUT_TYPES)
    # A type not yet known: only what is wrong for all of them.
    least = min((scoring_problems(task.evaluation, each, labels=labels or ()) for each in tried), key=len)
    found = least or _selection_problems(task)
    return [loaded.problem(each.code, each.path, each.message, each.cure) for each in found]


def _output_type(feature: OutputFeature | None) -> str | None:
    if feature is None:
        return "text"
    return feature.type or ("category" if feature.labels else None)


def _selection_problems(task: Task) -> list[Problem]:
    """Check save_best_by where the task names its metrics; what they are by default is known with the rows."""
    metrics: tuple[MetricChoice, ...] | None = task.evaluation.metrics
    return [] if metrics is None else [*without_value(task.trainer, metrics), *without_metric(task.trainer, metrics)]


def scoring_problems(evaluation: Evaluation, output_type: str, *, labels: Sequence[str] = ()) -> list[Problem]:
    """Return what of metrics, extraction and baselines does not fit an output of this type."""
    problems = check_metrics(evaluation.metrics, output_type, labels=labels) if evaluation.metrics is not None else []
    if evaluation.metrics is not None:
        problems += check_columns(evaluation.metrics, evaluation.references, evaluation.choices)
    problems += check_extract(evaluation.extract, output_type)
    if output_type != "category" and "tfidf" in evaluation.baselines:
        message = f"the baseline tfidf chooses between labels, and the output is {output_type}"
        cure = "use the baseline majority, or set output_feature.type to category"
        problems.append(Problem("LF275", message, cure, path="evaluation.baselines"))
    return problems


def module_problems(loaded: LoadedTask) -> list[Problem]:
    """Return a problem for each name in `adapter.target_modules` that the base model's family does not have.

    Looks only at models whose configuration lies on this machine (the catalogue's, and folders); no weights are read.
    """
    adapter = loaded.task.adapter
    family = _family(loaded.task.base_model.id, loaded.folder)
    if adapter is None or family is None or not isinstance(adapter.target_modules, tuple):
        return []
    name, layers = family
    known = (*layers.linear, *WHOLE_MODULES)
    problems = []
    for index, module in enumerate(adapter.target_modules):
        if not any(f".{each}".endswith(f".{module}") or f".{module}".endswith(f".{each}") for each in known):
            message = f"adapter.target_modules names {module!r}, and {name} models have no such layer"
            cure = did_you_mean(module, layers.linear) or "use " + ", ".join(f"`{each}`" for each in layers.linear)
            problems.append(loaded.problem("LF250", f"adapter.target_modules[{index}]", message, cure))
    return problems


def _family(base_model: str, folder: Path) -> tuple[str, Family] | None:
    places = [folder / base_model, Path.cwd() / base_model]
    if entry(base_model) is not None:
        places = [converted_folder(resolve_source(base_model, folder))]
    for place in places:
        try:
            config = json.loads((place / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        name = config.get("model_type") if isinstance(config, dict) else None
        return (name, FAMILIES[name]) if name in FAMILIES else None
    return None
