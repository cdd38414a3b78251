"""What the header of the data says about a task, before any row is read or model loaded.

    header_problems(loaded, ("question", "context", "answer")) -> [LF201 … {qestion} …]

*Not here:* the rows (lfine.finetune.data), the file's own shape (lfine.schemas).
"""

from __future__ import annotations

from lfine.evaluation.metrics.registry import check_metrics
from lfine.finetune.data.wording import column_cure
from lfine.schemas.loading import LoadedTask
from lfine.schemas.problems import Problem
from lfine.schemas.sense import template_span
from lfine.schemas.template import parse_template


def header_problems(loaded: LoadedTask, columns: tuple[str, ...]) -> list[Problem]:
    """Return a problem for each column that the task names and the data lack, placed where it is named."""
    task, problems = loaded.task, []
    for part in parse_template(task.prompt.template):
        if part.column and part.text not in columns:
            at = template_span(loaded.document, part.offset, len(part.text) + 2)
            message = f"prompt.template names {part.text!r}, and the data have no such column"
            cure = column_cure(part.text, columns)
            path = ("prompt", "template")
            problems.append(loaded.document.problem("LF201", path, message=message, cure=cure, at=at))
    split_column = task.preprocessing.split.column
    named = {"output_feature.name": task.output_feature.name, "preprocessing.split.column": split_column}
    for path, name in named.items():
        if name is not None and name not in columns:
            message = f"{path.removesuffix('.name')} is {name!r}, and the data have no such column"
            problems.append(loaded.problem("LF201", path, message, column_cure(name, columns)))
    return problems


def metric_problems(loaded: LoadedTask) -> list[Problem]:
    """Return what is wrong with the metrics, as far as the task file alone tells the output's type."""
    metrics = loaded.task.evaluation.metrics
    if metrics is None:
        return []
    feature = loaded.task.output_feature
    known = feature.type or ("category" if feature.labels else None)
    found = [check_metrics(metrics, each) for each in ([known] if known else ["category", "text"])]
    least = min(found, key=len)  # a type not yet known: only what is wrong for both
    return [loaded.problem(each.code, each.path, each.message, each.cure) for each in least]
