"""README.md of an exported folder: the model card that the hub shows, with the metadata it understands.

    card_text(CardFacts(record, plan, run, …)) == "---\nbase_model: …\nmodel-index: …\n---\n# viggo\n…"

Everything in it is read from the run: nothing is claimed that was not measured. Paths of this machine stay out.

*Not here:* what was measured (lfine.exporting), the licence of anything (it is given, or not stated).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import yaml

from lfine.evaluation.records import Scores
from lfine.export_record import ADAPTER, MERGED, ExportRecord
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.compile.plan import Plan
from lfine.finetune.export.serving import vllm_rank
from lfine.runs import RunRecord
from lfine.schemas.template import columns, parse_template

QUANTIZERS = {"nf4": "bitsandbytes", "fp4": "bitsandbytes", "int8": "bitsandbytes"}


@dataclass(frozen=True)
class CardFacts:
    """What a card is written from."""

    record: ExportRecord
    plan: Plan
    run: RunRecord
    renderer: Renderer
    scores: Sequence[Scores]
    """Of the run's evaluations: tuned, base and what else was scored."""
    hub_base: str | None
    """The base model's id on the hub; None: it has none that is known."""
    base_licence: str | None
    licence: str | None
    """As the user gave it."""
    address: str
    """What from_pretrained is told: the repository, else the folder's name."""


def card_text(facts: CardFacts) -> str:
    """Return the whole file."""
    metadata = yaml.safe_dump(_metadata(facts), sort_keys=False, allow_unicode=True)
    parts = [
        f"# {facts.record.task}",
        _opening(facts),
        *_facts(facts),
        "## Data",
        *_data(facts),
        "## Scores",
        *_scores(facts),
        "## Use",
        *_use(facts),
        "## Check of the export",
        *_check(facts),
    ]
    return f"---\n{metadata}---\n\n" + "\n\n".join(parts) + "\n"


def _metadata(facts: CardFacts) -> dict[str, object]:
    record = facts.record
    found: dict[str, object] = {} if facts.licence is None else {"license": facts.licence}
    if facts.hub_base is not None:
        relation = "finetune" if record.kind == MERGED else "adapter"
        found |= {"base_model": facts.hub_base, "base_model_relation": relation}
    method = [] if facts.plan.training.adapter is None else ["lora"]
    found["library_name"] = "transformers" if record.kind == MERGED else "peft"
    found |= {"pipeline_tag": "text-generation", "tags": ["lfine", *method]}
    tuned = next((each for each in facts.scores if each.model == "tuned"), None)
    if tuned is not None:
        found["model-index"] = [{"name": record.task, "results": [_result(facts, tuned)]}]
    return found


def _result(facts: CardFacts, scores: Scores) -> dict[str, object]:
    name = facts.record.task
    metrics = [
        {"type": value, "value": round(each.value, 6), "name": f"{value}, {_interval(scores, value)}"}
        for value, each in scores.metrics.items()
    ]
    return {
        "task": {"type": "text-generation", "name": name},
        "dataset": {
            "type": re.sub(r"[^\w.-]+", "-", name),
            "name": f"{name}, {scores.n} {scores.split} rows",
            "split": scores.split,
        },
        "metrics": metrics,
    }


def _interval(scores: Scores, value: str) -> str:
    each = scores.metrics[value]
    return f"{scores.settings.confidence:.0%} interval {each.low:.4f}–{each.high:.4f}"


def _opening(facts: CardFacts) -> str:
    what = "A language model" if facts.record.kind == MERGED else "An adapter for a language model"
    return f"{what}, fine-tuned for one task, `{facts.record.task}`, with lfine {facts.record.versions['lfine']}."


def _facts(facts: CardFacts) -> Iterator[str]:
    record, training = facts.record, facts.plan.training
    revision = f", revision `{training.model.revision}`" if training.model.revision else ""
    licence = f", licence {facts.base_licence}" if facts.base_licence else ""
    adapter = training.adapter
    if adapter is None:
        trained = "all weights"
    else:
        targets = adapter.target_modules
        names = targets if isinstance(targets, str) else ", ".join(targets)
        trained = f"{'DoRA' if adapter.use_dora else 'LoRA'}, rank {adapter.r}, alpha {adapter.alpha}, on {names}"
    updates = f"{facts.run.steps} updates of {training.batch_size} examples, learning rate {training.learning_rate:g}"
    held = f"{record.quantization}, of {training.model.dtype}" if record.quantization else training.model.dtype
    rows = [
        ("base model", f"`{record.base_model}`{revision}{licence}"),
        ("trained", f"{trained}; {updates}; seed {training.seed}"),
        ("base weights in training", held),
        ("weights here", _weights(record)),
        ("licence", facts.licence or "not stated"),
        ("made with", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
        ("plan", f"`{record.plan_hash}`, evaluation `{record.evaluation_hash}`"),
    ]
    yield _table(("", ""), rows)


def _weights(record: ExportRecord) -> str:
    if record.kind == ADAPTER:
        return f"the adapter alone, {record.dtype}"
    merged = {
        None: "",
        "trained": ", the adapter merged into the base weights that it was trained beside",
        "original": ", the adapter merged into the base model's own weights, not the quantized ones of training",
    }
    return f"{record.dtype}{merged[record.merged_into]}"


def _data(facts: CardFacts) -> Iterator[str]:
    data = facts.run.data
    counts = ", ".join(f"{count} {split}" for split, count in data.rows.items())
    yield f"Rows: {counts}. Divided by: {facts.plan.training.data.split}."
    rows = [
        (f"`{PurePath(name).name}`", file.get("rows", ""), f"`{file.get('sha256', '')}`")
        for name, file in data.files.items()
    ]
    yield _table(("file", "rows", "sha256"), rows)


def _scores(facts: CardFacts) -> Iterator[str]:
    if not facts.scores:
        yield "The run had not been evaluated when it was exported."
        return
    order = sorted(facts.scores, key=lambda each: (each.model != "tuned", each.model != "base", each.model))
    rows = [
        (each.model, value, f"{score.value:.4f}", f"{score.low:.4f}–{score.high:.4f}", str(each.n))
        for each in order
        for value, score in each.metrics.items()
    ]
    level = order[0].settings.confidence
    yield _table(("model", "metric", "value", f"{level:.0%} interval", f"{order[0].split} rows"), rows)
    yield (
        "`tuned` is the run's own model, before it was exported. Intervals are bootstrap intervals over the rows. "
        "The commands: `lfine evaluate TASK` and `lfine evaluate TASK --base`."
    )


def _check(facts: CardFacts) -> Iterator[str]:
    check = facts.record.check
    same = check.drift.rows - len(check.drift.differing)
    scores = "; ".join(
        f"{name} {before:.4f} before, {check.exported_scores[name]:.4f} here" for name, before in check.scores.items()
    )
    yield (
        f"Before this folder got its name it was loaded and answered {check.drift.rows} held-out rows greedily, as the "
        f"run's own model did: {same} answers are equal, and the log-probability of a token moved by "
        f"{check.drift.mean:.4f} nats on average ({check.drift.largest:.4f} at most). {scores}."
    )


def _use(facts: CardFacts) -> Iterator[str]:
    yield "The model knows one form of prompt, and is another model when it is asked in another form."
    yield _fenced("python", _python(facts))
    yield "A server:"
    yield _fenced("sh", _server(facts))


def _server(facts: CardFacts) -> str:
    record = facts.record
    base = facts.hub_base or record.base_model
    if record.kind == MERGED:
        return f"vllm serve {facts.address}"
    quantized = "" if record.quantization is None else f" --quantization {QUANTIZERS[record.quantization]}"
    rank = vllm_rank(record.largest_rank or 1) or record.largest_rank
    lora = f"--enable-lora --max-lora-rank {rank} --lora-modules {record.task}={facts.address}"
    return f"vllm serve {base}{quantized} {lora}"


def _python(facts: CardFacts) -> str:
    """Return a program that answers one row as lfine does."""
    plan = facts.plan
    limit = plan.evaluation.generation.max_new_tokens if plan.evaluation.generation else 64
    asked, special = _prompt_lines(facts)
    return "\n".join(
        [
            *(["import re", ""] if facts.renderer.template is not None else []),
            *_loading(facts),
            "",
            *asked,
            "",
            f'inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens={special})',
            f"made = model.generate(**inputs, max_new_tokens={limit}, do_sample=False)",
            'print(tokenizer.decode(made[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True).strip())',
        ]
    )


def _loading(facts: CardFacts) -> list[str]:
    address = facts.address
    if facts.record.kind == MERGED:
        return [
            "from transformers import AutoModelForCausalLM, AutoTokenizer",
            "",
            f"model = AutoModelForCausalLM.from_pretrained({address!r})",
            f"tokenizer = AutoTokenizer.from_pretrained({address!r})",
        ]
    base, quantization = facts.hub_base or facts.record.base_model, facts.plan.training.model.quantization
    given, names = "", "AutoModelForCausalLM, AutoTokenizer"
    if quantization is not None:  # beside other weights it is another model
        names += ", BitsAndBytesConfig"
        four = f"load_in_4bit=True, bnb_4bit_quant_type={quantization.quant_type!r}"
        scheme = f"{four}, bnb_4bit_use_double_quant={quantization.double_quant}"
        given = f", quantization_config=BitsAndBytesConfig({scheme if quantization.bits == 4 else 'load_in_8bit=True'})"
    return [
        "from peft import PeftModel",
        f"from transformers import {names}",
        "",
        f"base = AutoModelForCausalLM.from_pretrained({base!r}{given})"
        + ("" if facts.hub_base else "  # the folder of this model"),
        f"model = PeftModel.from_pretrained(base, {address!r})",
        f"tokenizer = AutoTokenizer.from_pretrained({address!r})",
    ]


def _prompt_lines(facts: CardFacts) -> tuple[list[str], bool]:
    """Return the lines that make `prompt`, and whether the tokenizer adds its own special tokens to it."""
    renderer = facts.renderer
    if renderer.template is None:
        system = [] if renderer.system is None else [{"role": "system", "content": renderer.system}]
        return [
            f"messages = {[*system, {'role': 'user', 'content': '…'}]!r}",
            "prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)",
        ], False
    names = columns(parse_template(renderer.template))
    whole = renderer.prompt_text({name: f"{{{name}}}" for name in names})
    values = {f"{{{name}}}": "…" for name in names}
    return [
        f"values = {values!r}",
        f"text = {whole!r}",
        'prompt = re.sub("|".join(map(re.escape, values)), lambda found: values[found[0]], text)',
    ], not renderer.chat_used


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


def _fenced(language: str, text: str) -> str:
    """Return a code block whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
