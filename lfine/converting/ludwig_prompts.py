"""Ludwig's prompt, input feature and output feature as `prompt` and `output_feature`.

    input_features: [{name: question}], output_features: [{name: answer}], prompt: {template: "Q: {question}"}
    prompt: {template: "Q: {question}"}, output_feature: answer

*Not here:* everything else of a configuration (lfine.converting.ludwig).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfine.converting.account import placed

if TYPE_CHECKING:
    from lfine.converting.ludwig import Converter

ZERO_SHOT = "SAMPLE INPUT: {__sample__}\n\nUSER: Complete the following task: {__task__}\n\nASSISTANT:\n"
"""What Ludwig asks with when there is a task and no template."""
FEATURE = "input_features.0"
OUTPUT = "output_features.0"


def convert_prompt(found: Converter) -> None:
    """Make `prompt.template` of template, task and input feature."""
    column = found.says(f"{FEATURE}.column") or found.says(f"{FEATURE}.name")
    above, inside = "prompt", f"{FEATURE}.preprocessing.prompt"
    place = above if found.says(f"{above}.template") or found.says(f"{above}.task") else inside
    template, task = found.says(f"{place}.template"), found.says(f"{place}.task")
    for name in ("name", "column"):
        if template and "{__sample__}" not in template:
            found.account(f"{FEATURE}.{name}", "left out", why="the template names the columns")
        else:
            found.account(f"{FEATURE}.{name}", "converted", "prompt.template", "the prompt holds this column")
    placed(found.task, "prompt.chat", "none")
    found.notes.append("prompt.chat none written: Ludwig writes no chat template; auto suits a chat model better")
    written = _filled(template or (ZERO_SHOT if task else f"{{{column}}}"), str(column), str(task or ""))
    why = "Ludwig's own placeholders filled in" if written != template and (template or task) else ""
    path = f"{place}.template" if template else f"{place}.task" if task else f"{FEATURE}.name"
    if column is not None or template:
        found.put(path, "prompt.template", written, why or ("" if template else "the prompt is this column"))
    if task and template:
        found.account(f"{place}.task", "converted", "prompt.template", "stands where {__task__} was")
    if template is not None and "{__task__}" not in template and task:
        found.account(f"{place}.task", "left out", why="the template does not name {__task__}")
    for other in {above, inside} - {place}:
        for name in ("template", "task"):
            found.account(f"{other}.{name}", "left out", why="null is the default, or the other prompt counts")
    if template is None and f"{place}.template" in found.given:
        found.account(f"{place}.template", "left out", why="null is the default")
    if task is None:
        found.account(f"{place}.task", "left out", why="null is the default")
    _retrieval(found, place)


def _filled(template: str, column: str, task: str) -> str:
    literal = task.replace("{", "{{").replace("}", "}}")
    filled = template.replace("{__sample__}", f"{{{column}}}").replace("{__task__}", literal)
    return filled.replace("{__context__}", "")


def _retrieval(found: Converter, place: str) -> None:
    kind = found.says(f"{place}.retrieval.type")
    given = [path for path in found.given if ".retrieval" in path]
    for path in given:
        found.account(path, "left out", why="null is the default" if kind is None else "no retrieval by meaning")
    if kind == "random":
        count = found.says(f"{place}.retrieval.k") or 1
        for path in given:
            found.account(path, "left out", why="the examples are fixed by a seed")
        named = f"{place}.retrieval.k" if f"{place}.retrieval.k" in found.given else f"{place}.retrieval.type"
        found.put(named, "prompt.examples", count, "the same training rows in every prompt, chosen by a seed")


def convert_output(found: Converter) -> None:
    """Make `output_feature` of the output feature; a category's labels from its vocabulary."""
    column, name = found.says(f"{OUTPUT}.column"), found.says(f"{OUTPUT}.name")
    category = found.says(f"{OUTPUT}.type") == "category"
    target = "output_feature.name" if category else "output_feature"
    if column is not None:
        found.put(f"{OUTPUT}.column", target, column)
        found.account(f"{OUTPUT}.name", "left out", why="the column counts")
    elif name is not None:
        found.put(f"{OUTPUT}.name", target, name)
    if not category:
        found.account(f"{OUTPUT}.type", "left out", why="found out from the rows: few short answers are a category")
    else:
        found.put(f"{OUTPUT}.type", "output_feature.type", "category")
    found.account(f"{OUTPUT}.decoder.type", "left out", why="there is one decoder for each type")
    _labels(found)
    limited = f"{OUTPUT}.decoder.constrain_to_vocabulary"
    if found.says(limited) is True:
        found.put(limited, "generation.constrain", "labels")
    else:
        found.account(limited, "left out", why="false is the default")


def _labels(found: Converter) -> None:
    vocab = found.says(f"{OUTPUT}.preprocessing.vocab")
    match = f"{OUTPUT}.decoder.match."
    named = (path[len(match) :].rsplit(".", 1)[0] for path in found.given if path.startswith(match))
    matched = list(dict.fromkeys(named))
    labels = [str(label) for label in vocab] if isinstance(vocab, list) else matched
    if len(labels) > 1:
        placed(found.task, "output_feature.labels", labels)
    for path in found.given:
        if path.startswith(match):
            found.account(path, "converted", "output_feature.labels", "an answer counts when it names one label")
        elif path == f"{OUTPUT}.preprocessing.vocab":
            found.account(path, "converted", "output_feature.labels")
        elif path.startswith(f"{OUTPUT}.decoder.str2idx"):
            found.account(path, "left out", why="labels have no numbers")
