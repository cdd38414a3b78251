"""The insurance routing data: the committed CSV is the generator's, sound, and hard for a bag of words.

    "I do not want to cancel my car policy. I need to get a copy of the green card." -> documents

*Not here:* what a language model reaches on it (benchmarks).
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from lfine.task_configs import generate_insurance_routing as generator
from lfine.task_configs.generate_insurance_routing import PRIORITY, RULE, SPLITS, Row


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return generator.build_rows()


@pytest.fixture(scope="module")
def lines() -> list[dict[str, str]]:
    with generator.CSV_PATH.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def drawn(split: str, seed: int = 3) -> generator.Draw:
    wording = json.loads(generator.WORDING_PATH.read_text(encoding="utf-8"))
    return generator.Draw(random.Random(seed), split, wording)


def test_the_committed_file_is_what_the_generator_writes_to_the_byte(rows: list[Row]) -> None:
    assert generator.CSV_PATH.read_bytes() == generator.render_csv(rows)


def test_two_builds_are_the_same(rows: list[Row]) -> None:
    assert generator.build_rows() == rows


def test_splits_have_exactly_the_promised_sizes_in_order(lines: list[dict[str, str]]) -> None:
    assert list(lines[0]) == ["query", "department", "split"]
    assert Counter(line["split"] for line in lines) == {"train": 2400, "validation": 300, "test": 1000}
    assert list(dict.fromkeys(line["split"] for line in lines)) == ["train", "validation", "test"]


@pytest.mark.parametrize("split", list(SPLITS))
def test_every_department_is_in_every_split_and_none_dominates(lines: list[dict[str, str]], split: str) -> None:
    counts = Counter(line["department"] for line in lines if line["split"] == split)
    assert set(counts) == set(PRIORITY)
    assert max(counts.values()) <= 2.2 * min(counts.values())
    assert max(counts.values()) > min(counts.values())


def test_labels_are_single_lower_case_words_and_none_holds_another() -> None:
    assert all(re.fullmatch("[a-z]+", label) for label in PRIORITY)
    assert not [(a, b) for a in PRIORITY for b in PRIORITY if a != b and a in b]


def test_no_query_comes_twice_in_any_case_or_spacing(lines: list[dict[str, str]]) -> None:
    keys = Counter("".join(line["query"].lower().split()) for line in lines)
    assert [key for key, count in keys.items() if count > 1] == []


def test_queries_are_clean_lines_of_short_and_long_messages(lines: list[dict[str, str]]) -> None:
    sizes = [len(line["query"].split()) for line in lines]
    assert min(sizes) == 4
    assert 60 < max(sizes) <= 100
    assert 24 <= sum(sizes) / len(sizes) <= 30
    assert all(line["query"] == " ".join(line["query"].split()) for line in lines)
    assert not [line for line in lines if re.search(r"[{}\t]", line["query"])]


def test_the_rule_names_every_department_in_the_order_of_priority() -> None:
    assert RULE.endswith(": " + ", ".join(PRIORITY) + ".")
    assert generator.__doc__ is not None
    assert "order of priority: " + ", ".join(PRIORITY) + "." in generator.__doc__
    assert "synthetic" in generator.__doc__


def test_all_splits_show_all_kinds_of_construction(rows: list[Row]) -> None:
    for split in SPLITS:
        assert {row.kind for row in rows if row.split == split} == set(generator.KIND_SHARES)


def test_by_priority_the_last_department_never_wins_and_the_label_is_the_first_asked() -> None:
    draw = drawn("test")
    for label in PRIORITY[:-1]:
        place = PRIORITY.index(label)
        assert {generator.lower_partner(draw, label) for _ in range(200)} == set(PRIORITY[place + 1 :])
    assert generator.kind_shares("documents")["priority"] == 0
    assert generator.kind_shares("fraud")["priority"] == 2 * generator.KIND_SHARES["priority"]


class NamedRequests(generator.Draw):
    """Requests that only name their department, so that a message shows which ones it holds."""

    def request(self, department: str, owner: str = "my") -> generator.Request:
        return generator.Request(f"ask {owner} <{department}>", f"asked {owner} <{department}>")

    def sentence(self, department: str, kind: str) -> str:
        return f"A {kind} sentence of <{department}>."


def named(message: str) -> list[str]:
    return re.findall("<([a-z]+)>", message)


def test_of_two_requests_that_count_the_label_is_the_one_of_higher_priority() -> None:
    draw = NamedRequests(random.Random(5), "test", drawn("test").wording)
    for label in PRIORITY[:-1]:
        messages = [named(generator.core(draw, label, "priority")) for _ in range(40)]
        assert all(len(found) == 2 and min(found, key=PRIORITY.index) == label for found in messages)
        assert {found[0] == label for found in messages} == {True, False}


@pytest.mark.parametrize("kind", list(generator.BACKGROUND_SHARES))
def test_a_request_that_does_not_count_is_of_another_department_and_may_outrank_the_label(kind: str) -> None:
    draw = NamedRequests(random.Random(5), "train", drawn("train").wording)
    messages = [named(generator.core(draw, "coverage", kind)) for _ in range(80)]
    assert all(found.count("coverage") == 1 and len(found) == 2 for found in messages)
    others = {name for found in messages for name in found} - {"coverage"}
    assert {"fraud", "documents"} <= others
    assert "cancellation" not in others


@pytest.mark.parametrize("kind", list(generator.BACKGROUND_SHARES))
def test_frames_hold_the_slots_their_place_needs(kind: str) -> None:
    wording = drawn("train").wording
    aside = re.compile(r"\{(inf|past|their_inf|their_past)\}")
    for split in ("train", "test"):
        for frame in wording["background"][kind][split]:
            assert len(aside.findall(frame)) == 1
            assert "{x}" not in frame
        for frame in wording["fused"][kind][split]:
            assert len(aside.findall(frame)) == 1
            assert frame.count("{x}") == 1
        assert not set(wording["fused"][kind]["train"]) & set(wording["fused"][kind]["test"])


def test_held_out_pairs_meet_in_test_only() -> None:
    assert not generator.allowed(drawn("train"), "documents", "claims")
    assert not generator.allowed(drawn("validation"), "fraud", "quotes", "billing")
    assert generator.allowed(drawn("train"), "documents", "fraud")
    assert generator.allowed(drawn("test"), "documents", "claims")
    train = drawn("train")
    assert "documents" not in {generator.other_department(train, "claims") for _ in range(300)}


def test_held_out_wording_is_absent_from_train_and_frequent_in_test(rows: list[Row]) -> None:
    frames = drawn("test").wording["contrast"]["test"] + drawn("test").wording["live"]["test"]
    starts = [frame.split("{")[0].lower() for frame in frames]
    share = Counter(row.split for row in rows if any(start in row.query.lower() for start in starts))
    assert share["train"] == share["validation"] == 0
    assert share["test"] > 50


def test_misspelling_changes_one_word_by_one_slip_and_keeps_its_first_letter() -> None:
    draw = drawn("train")
    for _ in range(300):
        word = generator.misspell(draw, "cancellation")
        assert word[0] == "c"
        assert abs(len(word) - len("cancellation")) <= 1
    assert generator.neighbours("s") == "ad"
    assert generator.neighbours("q") == "w"


def test_words_that_decide_the_label_are_never_misspelt() -> None:
    draw = drawn("train")
    text = "I do not want it already today later instead"
    assert {generator.add_typos(draw, text) for _ in range(100)} == {text}
    assert len({generator.add_typos(draw, text + " insurance") for _ in range(100)}) > 5


def test_the_owner_of_a_request_can_be_somebody_else() -> None:
    draw = drawn("train")
    requests = [draw.request("cancellation", "her") for _ in range(50)]
    assert all(" her " in request.infinitive and " my " not in request.infinitive for request in requests)
    assert all(request.infinitive.split(" ", 1)[1] == request.past.split(" ", 1)[1] for request in requests)


def test_shares_become_whole_numbers_that_add_up() -> None:
    assert generator.shares_to_counts({"a": 1.0, "b": 1.0, "c": 1.0}, 10) == {"a": 4, "b": 3, "c": 3}
    assert generator.shares_to_counts({"a": 0.0, "b": 2.0}, 7) == {"a": 0, "b": 7}


def test_check_accepts_the_written_file_and_refuses_a_changed_or_missing_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, rows: list[Row]
) -> None:
    monkeypatch.setattr(generator, "build_rows", lambda: rows)
    path = tmp_path / "data.csv"
    assert generator.main(["--check", "--out", str(path)]) == 1
    assert generator.main(["--out", str(path)]) == 0
    assert generator.main(["--check", "--out", str(path)]) == 0
    path.write_bytes(path.read_bytes().replace(b"claims", b"claim", 1))
    assert generator.main(["--check", "--out", str(path)]) == 1
    assert "is not what the generator writes: run it" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["data.csv"]


def test_stats_name_every_kind_label_and_split(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, rows: list[Row]
) -> None:
    monkeypatch.setattr(generator, "build_rows", lambda: rows)
    assert generator.main(["--stats"]) == 0
    printed = capsys.readouterr().out
    for name in (*PRIORITY, *SPLITS, *generator.KIND_SHARES):
        assert f" {name} " in printed


def test_a_bag_of_words_beats_the_majority_but_stays_below_nine_tenths(lines: list[dict[str, str]]) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # has neither stubs nor py.typed

    train = [line for line in lines if line["split"] == "train"]
    test = [line for line in lines if line["split"] == "test"]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = LogisticRegression(max_iter=1000)
    # One thread: on a busy machine two that wait for each other took ten times as long.
    with threadpool_limits(limits=1):
        model.fit(vectorizer.fit_transform([line["query"] for line in train]), [line["department"] for line in train])
    answers = model.predict(vectorizer.transform([line["query"] for line in test]))
    accuracy = sum(answer == line["department"] for answer, line in zip(answers, test, strict=True)) / len(test)
    majority = Counter(line["department"] for line in test).most_common(1)[0][1] / len(test)
    assert majority < 0.2
    assert 0.70 <= accuracy <= 0.85
