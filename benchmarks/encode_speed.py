"""Rows encoded in a second, beside `datasets.map` with the same tokenizer on the same rows, in turns in one run.

    python benchmarks/encode_speed.py                       100,000 rows, 3 rounds
    python benchmarks/encode_speed.py --rows 1000000 --rounds 1
    2026-11-22,0.1.0,"2 cores, x86_64","python benchmarks/…","ours 9800 rows/s, datasets.map 6100 rows/s, ratio 1.6 …"

Both sides begin with the rows in memory or mapped, and end with token ids in an Arrow file: ours is `encoded_rows` into
an empty cache (templates rendered, chat template and all, both halves tokenized, key and checksum made); theirs is
`map` over an Arrow data set, a batch of 1,000 rows at a time, with transformers' fast tokenizer, the prompt written by
`apply_chat_template` and both halves tokenized, in one process as ours. `--plain` leaves rendering out of their side:
their rows come with the prompt's text ready. The rows are made up: 10 to 45 words, one of 20 labels.

*Not here:* keeping figures (benchmarks/results.csv): the row is printed.
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lfine import __version__
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.sources import local_folder, resolve_source
from lfine.finetune.catalogue.tokens import read_tokenizer
from lfine.finetune.compile.encoding import encoded_rows, rows_key
from lfine.finetune.compile.encoding_cache import EncodingCache
from lfine.finetune.compile.machine import this_machine
from lfine.finetune.data.pairs import Example, Examples
from lfine.finetune.data.stored import stored_rows

WORDS = (  # noqa: SIM905 (a list of quoted words is no easier to read)
    "account address amount answer balance bank branch card cash change charge check city claim code country currency "
    "date debit deposit detail exchange fee form fund happened help history identity interest issue late letter limit "
    "loan lost message missing money monthly number office online order payment pending phone please process question "
    "rate reason receive refund reply request salary savings security send service statement stolen support transfer "
    "travel unknown update verify wallet website week why with withdrawal wrong yesterday"
).split()
TEMPLATE = "Say which label fits this text.\n\nText: {text}"


def make_rows(count: int) -> Iterator[dict[str, str]]:
    draw = random.Random(1)  # noqa: S311 (the same rows in every run)
    for _ in range(count):
        text = " ".join(draw.choice(WORDS) for _ in range(draw.randint(10, 45)))
        yield {"text": text, "label": f"label {draw.randint(0, 19)}"}


def ours(examples: Examples, renderer: Renderer) -> float:
    """Return the seconds of encoding into an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        encoded = encoded_rows(examples, renderer, EncodingCache(Path(folder)), key=rows_key(examples, renderer))
        seconds = time.perf_counter() - began
        if len(encoded) != len(examples):
            raise SystemExit("rows are missing")
    return seconds


class Mapped:
    """`datasets.map` over the same rows."""

    def __init__(self, rows: Any, folder: Path, *, model: Path, plain: Renderer | None) -> None:
        """`plain` renders the prompts beforehand, so that `map` has only to tokenize them."""
        import datasets
        from transformers import AutoTokenizer

        datasets.disable_progress_bars()
        self._tokenizer = AutoTokenizer.from_pretrained(model)
        self._folder = folder
        self._rendered = plain is not None

        def each() -> Iterator[dict[str, str]]:
            for row in rows:
                yield (
                    row if plain is None else {"label": row["label"], "text": plain.prompt_text({"text": row["text"]})}
                )

        writer = datasets.arrow_writer.ArrowWriter(path=str(folder / "rows.arrow"))
        for row in each():
            writer.write(row)
        writer.finalize()
        self._rows = datasets.Dataset.from_file(str(folder / "rows.arrow"))

    def seconds(self) -> float:
        """Return the seconds of one `map` into a new file."""
        target = self._folder / "encoded.arrow"
        began = time.perf_counter()
        found = self._rows.map(
            self._encode,
            batched=True,
            remove_columns=["text", "label"],
            cache_file_name=str(target),
            load_from_cache_file=False,
        )
        seconds = time.perf_counter() - began
        if len(found) != len(self._rows):
            raise SystemExit("rows are missing")
        return seconds

    def _encode(self, batch: dict[str, list[str]]) -> dict[str, list[list[int]]]:
        tokenizer, texts = self._tokenizer, batch["text"]
        if not self._rendered:
            chats = [[{"role": "user", "content": TEMPLATE.format(text=text)}] for text in texts]
            texts = tokenizer.apply_chat_template(chats, tokenize=False, add_generation_prompt=True)
        prompts = tokenizer(texts, add_special_tokens=False)["input_ids"]
        answers = tokenizer([f"{label}<|im_end|>" for label in batch["label"]], add_special_tokens=False)["input_ids"]
        return {"prompt": prompts, "completion": answers}


def main() -> None:
    """Measure in turns and print the row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plain", action="store_true", help="their prompts come rendered")
    parser.add_argument("--hardware", default=f"{this_machine().cores} cores")
    arguments = parser.parse_args()
    model = local_folder(resolve_source("smollm2-135m-instruct", Path.cwd()))
    if model is None:
        raise SystemExit("smollm2-135m-instruct is not here: lfine models pull smollm2-135m-instruct")
    renderer = Renderer(template=TEMPLATE, system=None, chat="auto", tokenizer=read_tokenizer(model))
    rows = stored_rows(("text", "label"), make_rows(arguments.rows))
    examples = Examples(
        range(len(rows)), lambda at: Example(at, {"text": str(rows[at]["text"])}, str(rows[at]["label"]))
    )
    with tempfile.TemporaryDirectory() as folder:
        mapped = Mapped(rows, Path(folder), model=model, plain=renderer if arguments.plain else None)
        pairs = [(ours(examples, renderer), mapped.seconds()) for _ in range(arguments.rounds)]
    our_speed, their_speed = (len(rows) / statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(theirs / own for own, theirs in pairs)
    what = "prompts rendered beforehand" if arguments.plain else "with apply_chat_template"
    figures = f"encoding {len(rows)} rows: {our_speed:.0f} rows/s; datasets.map {what}: {their_speed:.0f} rows/s; "
    figures += f"ratio {ratio:.2f} (median of {len(pairs)} rounds in turns)"
    command = " ".join(["python", "benchmarks/encode_speed.py", *sys.argv[1:]])
    csv.writer(sys.stdout).writerow(
        [f"{datetime.now(UTC):%Y-%m-%d}", __version__, arguments.hardware, command, figures]
    )


if __name__ == "__main__":
    main()
