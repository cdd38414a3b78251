"""`lfine compile TASK --target NAME`: the rows rendered once, written as what another system reads.

    target_file(compiled, "ludwig") -> Written(files={"ludwig.yaml": …, "data.jsonl": …}, lacks=(…), …)
    write_files(written, Path("out"))

*Not here:* what each system reads (lfine.finetune.targets).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lfine.compiling import CompiledTask
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.data.pairs import Example
from lfine.finetune.targets.registry import find
from lfine.finetune.targets.written import Row, Source, Tokens, Written
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import write_text
from lfine.schemas.task import SplitName


def target(compiled: CompiledTask, name: str) -> Written:
    """Return the files of a target; TaskError LF130 for a task that only `native` can express."""
    if compiled.prepared.model.renderer.template is None and name != "native":
        message = f"whole conversations (prompt.messages) are not written for {name}"
        raise TaskError(Problem("LF130", message, "use `--target native`, or a template", path="prompt.messages"))
    return find(name)(source_of(compiled))


def write_files(written: Written, folder: Path) -> list[Path]:
    """Write all files of a target into a folder, each whole or not at all; return their paths."""
    paths = [folder / name for name in written.files]
    for path, text in zip(paths, written.files.values(), strict=True):
        write_text(path, text)
    return paths


def as_text(written: Written) -> str:
    """Return the configuration itself, for a command line without `--out`."""
    return written.files[written.main]


def source_of(compiled: CompiledTask) -> Source:
    """Render the rows of a compiled task and gather what a target is written from."""
    model = compiled.prepared.model
    named, tokenizer = model.tokenizer.settings.named, model.tokenizer
    bos = tokenizer.decode(tokenizer.bos_prefix, skip_special=False) if tokenizer.bos_prefix else named.get("bos_token")
    tokens = Tokens(
        end=model.renderer.end_token,
        eos=named.get("eos_token"),
        pad=named.get("pad_token"),
        bos=bos,
        adds_bos=bool(tokenizer.bos_prefix),
        adds_space=tokenizer.adds_prefix_space,
    )
    rows = tuple(_rows(compiled, tokens)) if model.renderer.template is not None else ()
    return Source(compiled.plan, rows, tokens, _model_name(compiled), _forged(compiled))


def _model_name(compiled: CompiledTask) -> str:
    """Return a hub id as it stands; a name of the catalogue or a local model as its folder."""
    name, folder = compiled.plan.training.model.name, compiled.prepared.model.folder
    here = (Path(compiled.plan.folder) / name).exists() or Path(name).exists()
    return name if "/" in name and not here and not name.endswith(".gguf") else str(folder.resolve())


def _rows(compiled: CompiledTask, tokens: Tokens) -> Iterator[Row]:
    rows, renderer = compiled.prepared.rows, compiled.prepared.model.renderer
    plain = Renderer(
        template=_plain_template(renderer), system=None, chat="none", tokenizer=renderer.tokenizer, shots=renderer.shots
    )
    cut, trained = set(compiled.rows.fitted.cut), {row.row_id for row in compiled.rows.train}
    shorter = {row.row_id: row for row in compiled.rows.train if row.row_id in cut}
    for example in rows.examples("train"):
        if example.row_id not in trained:
            continue  # left out: does not fit even when cut
        row = _row(example, "train", renderer, plain, tokens)
        if example.row_id in cut:
            text = renderer.tokenizer.decode(shorter[example.row_id].prompt_ids, skip_special=False)
            row = replace(row, prompt=text)
        yield row
    validation = {row.row_id for row in compiled.rows.validation}
    for example in rows.examples("validation"):
        if example.row_id in validation:
            yield _row(example, "validation", renderer, plain, tokens)
    for example in rows.examples_of(rows.held_out().row_ids):
        yield _row(example, "test", renderer, plain, tokens)


def _row(example: Example, split: SplitName, renderer: Renderer, plain: Renderer, tokens: Tokens) -> Row:
    bos = tokens.bos if tokens.adds_bos and not renderer.chat_used else None
    return Row(
        split=split,
        prompt=(bos or "") + renderer.example_prompt(example),
        plain=plain.example_prompt(example),
        completion=renderer.completion_text(example.answer).removesuffix(renderer.end_token),
        plain_completion=plain.completion_text(example.answer).removesuffix(plain.end_token),
    )


def _plain_template(renderer: Renderer) -> str:
    """Return the template with the system text above it, for prompts without chat."""
    if renderer.system is None:
        return renderer.template or ""
    doubled = renderer.system.replace("{", "{{").replace("}", "}}")  # it is no template
    return f"{doubled}\n\n{renderer.template or ''}"


def _forged(compiled: CompiledTask) -> int:
    examples = compiled.prepared.rows.examples("train")
    texts = [text for example in examples for text in (*example.values.values(), example.answer)]
    return compiled.prepared.model.renderer.forged(texts)
