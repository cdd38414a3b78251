"""Make insurance_routing.csv, synthetic customer messages to an insurer, each with the department that must answer it.

    query,department,split
    "I do not want to cancel my car policy, I want to have the late fee on my bill corrected.",billing,train

All messages are put together from the wording in insurance_routing_wording.json: no customer wrote any of them.
The departments, in order of priority: fraud, complaints, cancellation, claims, billing, coverage, quotes, documents.
RULE says how a message is labelled; every construction kind (KIND_SHARES) is written so that the rule decides it.

    python task_configs/generate_insurance_routing.py            write the CSV
    python task_configs/generate_insurance_routing.py --check    exit 1 when the CSV on disk differs
    python task_configs/generate_insurance_routing.py --stats    counts and lengths by kind, label and split

*Not here:* the wording (the JSON file beside this), the prompt (the task's YAML file), any scoring.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import random
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
FOLDER = Path(__file__).resolve().parent
CSV_PATH = FOLDER / "insurance_routing.csv"
WORDING_PATH = FOLDER / "insurance_routing_wording.json"
SEED = 20240611

RULE = (
    "Go by what the customer asks for now; what is already done, not wanted, dropped, postponed or another person's "
    "business does not count. If several departments are asked, the first of them in this order is right: "
    "fraud, complaints, cancellation, claims, billing, coverage, quotes, documents."
)
PRIORITY = ("fraud", "complaints", "cancellation", "claims", "billing", "coverage", "quotes", "documents")

SPLITS = {"train": 2400, "validation": 300, "test": 1000}
LABEL_SHARES = dict(zip(PRIORITY, (8.0, 9.0, 13.0, 16.0, 14.0, 14.0, 13.0, 13.0), strict=True))
BACKGROUND_SHARES = {"done": 12.0, "negated": 11.0, "other_person": 5.0, "changed_mind": 6.0, "later": 3.0}
KIND_SHARES = {"plain": 34.0, "near_miss": 18.0, **BACKGROUND_SHARES, "priority": 9.0, "priority_done": 2.0}

# Pairs of departments that never meet in one training or validation message.
HELD_OUT_PAIRS = frozenset(
    map(frozenset, (("claims", "documents"), ("billing", "quotes"), ("cancellation", "coverage")))
)
HELD_OUT_FRAMES = 0.35  # share of test draws from sentence frames that training never shows
HELD_OUT_FILLERS = 0.3  # the same for objects, products, dates and persons

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Never misspelt: the label hangs on them. (Words under five letters are never misspelt either.)
PROTECTED = frozenset(["already", "forget", "instead", "later", "rather", "today", "unlike", "wants", "whereas"])
MINIMUM_WORDS = 4


@dataclass(frozen=True)
class Row:
    """One line of the CSV, and how it was made."""

    query: str
    """The message."""
    department: str
    """The label."""
    split: str
    """train, validation or test."""
    kind: str
    """The construction, for --stats and the tests only."""


@dataclass(frozen=True)
class Request:
    """A thing one can ask of a department, in the grammatical forms the frames need."""

    infinitive: str
    """As in "I want to …"."""
    past: str
    """As in "I already …"; also the participle."""


class Draw:
    """Every random choice for the rows of one split, held-out wording in test only."""

    # Only random() is used: it is the one method whose sequence Python promises to keep between versions.
    def __init__(self, rng: random.Random, split: str, wording: Mapping[str, Any]) -> None:
        self.rng, self.split, self.wording = rng, split, wording

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.rng.random() * len(options))]

    def frame(self, pool: Mapping[str, Sequence[str]]) -> str:
        return self.pick(self.pool(pool, HELD_OUT_FRAMES))

    def filler(self, pool: Mapping[str, Sequence[T]]) -> T:
        return self.pick(self.pool(pool, HELD_OUT_FILLERS))

    def pool(self, pool: Mapping[str, Sequence[T]], share: float) -> Sequence[T]:
        return pool["test"] if self.split == "test" and self.chance(share) else pool["train"]

    def weighted(self, weights: Mapping[str, float]) -> str:
        point = self.rng.random() * sum(weights.values())
        for name, weight in weights.items():
            point -= weight
            if point < 0:
                return name
        return list(weights)[-1]

    def fill(self, text: str, owner: str = "my") -> str:
        """Fill the slots for a kind of insurance, a thing, a date and the owner; each slot anew."""
        makers: dict[str, Callable[[], str]] = {
            "p": lambda: self.filler(self.wording["products"]),
            "t": lambda: self.filler(self.wording["things"]),
            "when": lambda: self.filler(self.wording["when"]),
            "number": lambda: str(10_000 + int(self.rng.random() * 90_000)),
            "my": lambda: owner,
        }
        return re.sub(r"\{(p|t|when|number|my)\}", lambda found: makers[found[1]](), text)

    def request(self, department: str, owner: str = "my") -> Request:
        groups = self.wording["departments"][department]["groups"]
        sizes = {str(index): float(len(group["forms"]) * len(group["train"])) for index, group in enumerate(groups)}
        group = groups[int(self.weighted(sizes))]
        infinitive, past = self.pick(group["forms"])
        thing = self.filler(group)
        # One filled object for both forms: the slots of form and object are filled together, then taken apart.
        both = self.fill(f"{infinitive}\t{past}", owner).replace("{o}", self.fill(thing, owner))
        return Request(*both.split("\t"))

    def sentence(self, department: str, kind: str) -> str:
        """A whole message: one of the department's `statements`, or a `near_miss` with words of other departments."""
        return self.fill(self.frame(self.wording["departments"][department][kind]))


def lower_departments(label: str) -> tuple[str, ...]:
    return PRIORITY[PRIORITY.index(label) + 1 :]


def allowed(draw: Draw, *departments: str) -> bool:
    """Whether these departments may meet in one message of this split."""
    return draw.split == "test" or not any(pair <= set(departments) for pair in HELD_OUT_PAIRS)


def plain(draw: Draw, label: str) -> str:
    if draw.chance(0.4):
        return draw.frame(draw.wording["short"]).replace("{x}", draw.request(label).infinitive)
    if draw.chance(0.6):
        return draw.sentence(label, "statements")
    return draw.frame(draw.wording["live"]).replace("{x}", draw.request(label).infinitive)


def other_department(draw: Draw, *taken: str) -> str:
    """A department that does not count here; higher ones more often, as `priority` shows them as labels so often."""
    place = PRIORITY.index(taken[0])
    weights = {
        name: 2.0 if PRIORITY.index(name) < place else 1.0
        for name in PRIORITY
        if name not in taken and allowed(draw, name, *taken)
    }
    return draw.weighted(weights)


def fill_background(draw: Draw, frame: str, department: str) -> str:
    """Fill the slots of the request that does not count."""
    person, owner = draw.filler(draw.wording["persons"])
    mine, theirs = draw.request(department), draw.request(department, owner)
    values = {
        "{inf}": mine.infinitive,
        "{past}": mine.past,
        "{their_inf}": theirs.infinitive,
        "{their_past}": theirs.past,
        "{person}": person,
    }
    for slot, value in values.items():
        frame = frame.replace(slot, value)
    return draw.fill(frame)


def background(draw: Draw, label: str, kind: str) -> str:
    """One request that counts and one that does not, in one sentence or in two, in either order."""
    other = other_department(draw, label)
    wanted = draw.request(label).infinitive
    if draw.chance(0.4):
        return fill_background(draw, draw.frame(draw.wording["fused"][kind]), other).replace("{x}", wanted)
    aside = fill_background(draw, draw.frame(draw.wording["background"][kind]), other)
    if draw.chance(0.25):
        live = draw.sentence(label, "statements")
    else:
        live = draw.frame(draw.wording["contrast" if draw.chance(0.6) else "live"]).replace("{x}", wanted)
    return f"{aside} {live}" if draw.chance(0.6) else f"{live} {aside}"


def lower_partner(draw: Draw, label: str) -> str:
    return draw.pick([name for name in lower_departments(label) if allowed(draw, label, name)])


def two_requests(draw: Draw, label: str, partner: str) -> str:
    """Two requests that both count, the label's one first or second."""
    requests = [draw.request(label).infinitive, draw.request(partner).infinitive]
    if draw.chance(0.5):
        requests.reverse()
    return draw.frame(draw.wording["both"]).replace("{x}", requests[0]).replace("{y}", requests[1])


def priority_done(draw: Draw, label: str) -> str:
    """Two requests that count, and one that does not."""
    partner = lower_partner(draw, label)
    kind = draw.weighted(BACKGROUND_SHARES)
    aside = fill_background(draw, draw.frame(draw.wording["background"][kind]), other_department(draw, label, partner))
    asked = two_requests(draw, label, partner)
    return f"{aside} {asked}" if draw.chance(0.6) else f"{asked} {aside}"


def core(draw: Draw, label: str, kind: str) -> str:
    """The part of a message that decides the label."""
    makers: dict[str, Callable[[Draw, str], str]] = {
        "plain": plain,
        "near_miss": lambda draw, label: draw.sentence(label, "near_miss"),
        "priority": lambda draw, label: two_requests(draw, label, lower_partner(draw, label)),
        "priority_done": priority_done,
    }
    return makers[kind](draw, label) if kind in makers else background(draw, label, kind)


def decorate(draw: Draw, text: str, kind: str) -> str:
    """Put chat around a message: a greeting, irrelevant details before and after, a closing."""
    if kind == "plain" and len(text.split()) < 9 and draw.chance(0.7):
        return text
    long = draw.chance(0.05)
    count = 4 if long else int(draw.weighted({"0": 66.0, "1": 24.0, "2": 8.0, "3": 2.0}))
    details: list[str] = []
    while len(details) < count:
        detail = draw.fill(draw.frame(draw.wording["details"]))
        if detail.split()[:3] not in [known.split()[:3] for known in details]:
            details.append(detail)
    before = int(draw.rng.random() * (count + 1))
    sign_off = [draw.frame(draw.wording["sign_offs"])] if long or draw.chance(0.2) else []
    heart = text[0].upper() + text[1:]
    parts = [*details[:before], heart, *details[before:], *sign_off]
    parts = [part if part[-1] in ".?!" else part + "." for part in parts[:-1]] + parts[-1:]
    if long or draw.chance(0.4):
        lead_in = draw.frame(draw.wording["lead_ins"])
        parts = [lead_in, uncapitalize(parts[0]) if lead_in.endswith(",") else parts[0], *parts[1:]]
    return " ".join(parts)


def uncapitalize(sentence: str) -> str:
    return sentence if re.match(r"I\b", sentence) else sentence[0].lower() + sentence[1:]


def write_casually(draw: Draw, text: str) -> str:
    """Contractions, no capitals, no full stop at the end: each in some messages."""
    if draw.chance(0.45):
        for full, short in draw.wording["contractions"]:
            text = text.replace(full, short)
    if draw.chance(0.2):
        text = text.lower()
    return text.removesuffix(".") if draw.chance(0.2) else text


def misspell(draw: Draw, word: str) -> str:
    """One slip inside a word (never its first letter): two letters swapped, one left out, or a neighbouring key."""
    place = 1 + int(draw.rng.random() * (len(word) - 2))
    start, letter, rest = word[:place], word[place], word[place + 1 :]
    slips = (rest[0] + letter + rest[1:], rest, draw.pick(neighbours(letter)) + rest)
    return start + draw.pick(slips)


def neighbours(letter: str) -> str:
    """The keys left and right of a small letter."""
    keys = next(keys for keys in KEYBOARD if letter in keys)
    at = keys.index(letter)
    return keys[max(at - 1, 0) : at] + keys[at + 1 : at + 2]


def add_typos(draw: Draw, text: str) -> str:
    """In three messages of ten, about one slip for every fifteen words."""
    words = text.split(" ")
    targets = [at for at, word in enumerate(words) if re.fullmatch(r"[a-z]{5,}", word) and word not in PROTECTED]
    if not targets or not draw.chance(0.3):
        return text
    for _ in range(1 + len(words) // 15):
        at = draw.pick(targets)
        if len(words[at]) >= 5:  # a word may be hit twice, and may have become shorter
            words[at] = misspell(draw, words[at])
    return " ".join(words)


def shares_to_counts(shares: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in these proportions that add up to `total` (largest remainder)."""
    exact = {name: total * share / sum(shares.values()) for name, share in shares.items()}
    counts = {name: int(value) for name, value in exact.items()}
    order = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in order[: total - sum(counts.values())]:
        counts[name] += 1
    return counts


def kind_shares(label: str) -> dict[str, float]:
    """The last department has no lower one, so it never wins by priority; the first wins against seven."""
    factor = len(lower_departments(label)) / 3.5
    return {kind: share * (factor if kind.startswith("priority") else 1.0) for kind, share in KIND_SHARES.items()}


def normalized(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def split_rows(draw: Draw, seen: set[str], cores: Mapping[str, str]) -> tuple[list[Row], dict[str, str]]:
    """The rows of one split, shuffled, and the splits of their cores; no query and no core is another split's."""
    rows: list[Row] = []
    own: dict[str, str] = {}
    for label, label_count in shares_to_counts(LABEL_SHARES, SPLITS[draw.split]).items():
        for kind, count in shares_to_counts(kind_shares(label), label_count).items():
            made = 0
            while made < count:
                heart = core(draw, label, kind)
                query = add_typos(draw, write_casually(draw, decorate(draw, heart, kind)))
                key = normalized(query)
                if key in seen or normalized(heart) in cores or len(query.split()) < MINIMUM_WORDS:
                    continue
                seen.add(key)
                own[normalized(heart)] = draw.split
                rows.append(Row(query, label, draw.split, kind))
                made += 1
    return sorted(rows, key=lambda row: (draw.rng.random(), row.query)), own


def build_rows() -> list[Row]:
    """All rows in the order of the file; the same ones on every machine."""
    wording = json.loads(WORDING_PATH.read_text(encoding="utf-8"))
    rng = random.Random(SEED)  # noqa: S311 - synthetic text, not a secret
    seen: set[str] = set()
    cores: dict[str, str] = {}
    rows: list[Row] = []
    for split in SPLITS:
        made, own = split_rows(Draw(rng, split, wording), seen, cores)
        rows.extend(made)
        cores.update(own)
    return rows


def render_csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("query", "department", "split"))
    writer.writerows((row.query, row.department, row.split) for row in rows)
    return text.getvalue().encode("utf-8")


def write_atomically(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)  # noqa: PTH105 - the atomic one


def stats_lines(rows: Sequence[Row]) -> list[str]:
    """A table: how many rows, and how many words they have."""
    lines = [f"{'':24}{'rows':>6}{'min':>6}{'mean':>7}{'max':>6}  words"]
    for field in ("split", "department", "kind"):
        groups: dict[str, list[int]] = {}
        for row in rows:
            groups.setdefault(getattr(row, field), []).append(len(row.query.split()))
        for name, sizes in groups.items():
            mean = sum(sizes) / len(sizes)
            lines.append(f"{field + ' ' + name:24}{len(sizes):6}{min(sizes):6}{mean:7.1f}{max(sizes):6}")
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make the synthetic insurance routing data.")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="exit 1 when the CSV on disk differs; write nothing")
    action.add_argument("--stats", action="store_true", help="print counts and lengths; write nothing")
    parser.add_argument("--out", type=Path, default=CSV_PATH, help="the CSV file (default: the committed one)")
    options = parser.parse_args(argv)
    rows = build_rows()
    if options.stats:
        print("\n".join(stats_lines(rows)))
        return 0
    content = render_csv(rows)
    if not options.check:
        write_atomically(options.out, content)
    elif not options.out.is_file() or options.out.read_bytes() != content:
        print(f"{options.out} is not what the generator writes: run it and commit the file", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
