"""How long `lfine data check` takes on a large file, check by check, and how much memory.

    python -m benchmarks.check_speed --rows 1000000
    read 1,000,000 rows (190 MB): 16.0 s, peak 568 MB
    near-leaks 51.2 s, 416 rows  …  in all 74.6 s, peak 742 MB

The rows are words drawn by Zipf's law from 50,000, 32 to a row; one in a hundred nearly repeats another. 1% are test,
1% validation.

*Not here:* keeping figures (benchmarks/results.csv): nothing is written but a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from lfine.checking import Asked, file_subject
from lfine.finetune.data.check.checking import CHECKS

VOCABULARY, WORDS, BATCH = 50_000, 32, 10_000


def write_rows(path: Path, count: int) -> None:
    """Write the rows as JSONL, the same for the same count."""
    draw = np.random.default_rng(0)
    words = np.array([f"w{number:x}" for number in range(VOCABULARY)])
    shares = 1 / np.arange(1, VOCABULARY + 1)
    before = ""
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, count, BATCH):
            chosen = draw.choice(VOCABULARY, size=(min(BATCH, count - start), WORDS), p=shares / shares.sum())
            for at, row in enumerate(words[chosen], start):
                text = f"{before} end" if at % 100 == 50 else " ".join(row)
                split = {3: "validation", 7: "test"}.get(at % 100, "train")
                file.write(json.dumps({"text": text, "label": f"label {at // 100 % 20}", "split": split}) + "\n")
                before = text


def peak() -> int:
    """Return the most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def main() -> None:
    parser = argparse.ArgumentParser(description="The speed of data checks.")
    parser.add_argument("--rows", type=int, default=100_000)
    count = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        write_rows(path, count)
        begin = time.perf_counter()
        subject = file_subject(path, Asked())
        size = path.stat().st_size // 1_000_000
        print(f"read {count:,} rows ({size} MB): {time.perf_counter() - begin:.1f} s, peak {peak():,} MB", flush=True)
        for check in CHECKS:
            start = time.perf_counter()
            found = sum(finding.count for finding in check.find(subject))
            print(f"{check.names[0]} {time.perf_counter() - start:.1f} s, {found:,} rows", flush=True)
        print(f"in all {time.perf_counter() - begin:.1f} s, peak {peak():,} MB")


if __name__ == "__main__":
    main()
