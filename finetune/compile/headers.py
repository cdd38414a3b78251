"""What the header of the data says about a task, before any row is read or model loaded.

    header_problems(loaded, ("question", "context", "answer")) -> [LF201 … {qestion} …]
    scoring_problems(evaluation, "text")                       -> [LF204 … accuracy is for category …]

*Not here:* the rows (lfine.finetune.data), the file's own shape (lfine.schemas).
"""

from __future__ import annotations

from lfine.evaluation.metrics.registry import check_metrics
from lfine.finetune.data.wording import column_cure
from lfine.schemas.loading import LoadedTask
from lfine.schemas.problems import Problem
from lfine.schemas.sense import template_span
from lfine.schemas.task import Evaluation, Task
from lfine.schemas.template import parse_template

_SPLIT_COLUMN = "preprocessing.split.column"


def header_problems(loaded: LoadedTask, columns: tuple[str, ...]) -> list[Problem]:
    """Return a problem for each column that the task names and the data lack, placed where it is named."""
    task, document = loaded.task, loaded.document
    problems: list[Problem] = []
    for part in parse_template(task.prompt.template):
        if part.column and part.text not in columns:
            at = template_span(document, part.offset, len(part.text) + 2)
            message = f"prompt.template names {part.text!r}, and the data have no such column"
            cure = column_cure(part.text, columns)
            problems.append(document.problem("LF201", ("prompt", "template"), message=message, cure=cure, at=at))
    output, split_column = task.output_feature.name, _split_column(task)
    if output not in columns:
        message = f"output_feature is {output!r}, and the data have no such column"
        bare = document.span(("output_feature",)) if isinstance(document.at(("output_feature",)), str) else None
        path, cure = ("output_feature", "name"), column_cure(output, columns)
        problems.append(document.problem("LF201", path, message=message, cure=cure, at=bare))
    if split_column is not None and split_column not in columns:
        message = f"preprocessing.split.column is {split_column!r}, and the data have no such column"
        problems.append(loaded.problem("LF201", _SPLIT_COLUMN, message, column_cure(split_column, columns)))
    return problems


def _split_column(task: Task) -> str | None:
    """Return the column that a fixed split needs, its default name included; None where none is asked for."""
    split = task.preprocessing.split
    return split.column or ("split" if split.type == "fixed" else None)


def metric_problems(loaded: LoadedTask) -> list[Problem]:
    """Return what is wrong with the metrics, as far as the task file alone tells the output's type."""
    feature = loaded.task.output_feature
    known = feature.type or ("category" if feature.labels else None)
    found = [scoring_problems(loaded.task.evaluation, each) for each in ([known] if known else ["category", "text"])]
    least = min(found, key=len)  # a type not yet known: only what is wrong for both
    return [loaded.problem(each.code, each.path, each.message, each.cure) for each in least]


def scoring_problems(evaluation: Evaluation, output_type: str) -> list[Problem]:
    """Return what of metrics, extraction and baselines does not fit an output of this type."""
    problems = check_metrics(evaluation.metrics, output_type) if evaluation.metrics is not None else []
    if output_type == "text" and evaluation.extract == "label":
        message = "evaluation.extract is label, and the output is text: it has no labels to look for"
        cure = "set it to none or first_line, or output_feature.type to category"
        problems.append(Problem("LF204", message, cure, path="evaluation.extract"))
    if output_type == "text" and "tfidf" in evaluation.baselines:
        message = "the baseline tfidf chooses between labels, and the output is text"
        cure = "use the baseline majority, or set output_feature.type to category"
        problems.append(Problem("LF204", message, cure, path="evaluation.baselines"))
    return problems
