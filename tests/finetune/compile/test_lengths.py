"""Token lengths: percentile, common prefix, and what is cut of rows that are too long, each against a plain oracle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.compile.lengths import EncodedExample, Fitted, common_prefix, encode, fit, percentile
from lfine.finetune.data.pairs import Example
from tests.finetune.compile.conftest import MakeRenderer

BOUNDED = settings(max_examples=40, derandomize=True, deadline=None, database=None)
LONG = "one two three four five six seven eight nine ten"

Truncation = Literal["end", "start"]


# --- percentile ------------------------------------------------------------------------------------------------------


@BOUNDED
@given(st.lists(st.integers(0, 300), min_size=1, max_size=60), st.integers(50, 100))
def test_percentile_is_the_smallest_length_that_enough_rows_keep(lengths: list[int], percent: int) -> None:
    enough = [each for each in lengths if 100 * sum(other <= each for other in lengths) >= percent * len(lengths)]
    assert percentile(lengths, percent / 100) == min(enough)


@pytest.mark.parametrize("rows", [1, 2, 7, 20, 101, 1000])
@pytest.mark.parametrize("percent", [50, 90, 95, 99, 100])
def test_percentile_is_numpys_inverted_cdf(rows: int, percent: int) -> None:
    lengths = np.random.default_rng(rows).integers(1, 500, rows)
    expected = np.quantile(lengths, percent / 100, method="inverted_cdf")
    assert percentile(lengths.tolist(), percent / 100) == expected


def test_percentile_counts_rows_exactly() -> None:
    # 0.56 * 25 is 14.000000000000002 in doubles, which would make it the fifteenth row
    assert percentile(range(1, 26), 0.56) == 14


def test_percentile_of_no_rows() -> None:
    assert percentile([], 0.95) == 0


# --- common prefix ---------------------------------------------------------------------------------------------------


def plain_common_prefix(prompts: Sequence[Sequence[int]]) -> int:
    length = 0
    while all(len(prompt) > length + 1 for prompt in prompts) and len({prompt[length] for prompt in prompts}) == 1:
        length += 1
    return length


@BOUNDED
@given(st.lists(st.lists(st.integers(0, 2), max_size=6), min_size=1, max_size=6), st.lists(st.integers(0, 2)))
def test_common_prefix_is_that_of_the_plain_search(prompts: list[list[int]], head: list[int]) -> None:
    rows = [head + prompt for prompt in prompts]
    assert common_prefix(rows) == plain_common_prefix(rows)
    assert common_prefix([tuple(row) for row in rows]) == common_prefix(rows)


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ([], 0),
        ([[]], 0),
        ([[7]], 0),
        ([[7, 8, 9]], 2),
        ([[7, 8, 9], [7, 8, 9]], 2),
        ([[7, 8], [7, 8, 9]], 1),
        ([[7, 8, 1], [7, 8, 2, 3]], 2),
        ([[1], [2]], 0),
    ],
)
def test_every_prompt_keeps_a_token_of_its_own(prompts: list[list[int]], expected: int) -> None:
    assert common_prefix(prompts) == expected


# --- fitting ---------------------------------------------------------------------------------------------------------


def fitted_rows(
    examples: Sequence[Example], renderer: Renderer, limit: int, truncation: str = "end"
) -> tuple[tuple[EncodedExample, ...], Fitted]:
    encoded = encode(examples, renderer)
    return encoded, fit(examples, encoded, renderer, limit=limit, truncation=truncation)


def test_encode_is_prompt_and_completion_apart(make_renderer: MakeRenderer) -> None:
    renderer = make_renderer("Label: {q}", "auto")
    (row,) = encode([Example(4, {"q": "the dog"}, "yes")], renderer)
    assert row.row_id == 4
    assert list(row.prompt_ids) == renderer.prompt_ids({"q": "the dog"})
    assert list(row.completion_ids) == renderer.completion_ids("yes")
    assert row.completion_ids[-1] == renderer.end_id
    assert row.length == len(row.prompt_ids) + len(row.completion_ids)


@pytest.mark.parametrize(("truncation", "part"), [("end", "one two three four"), ("start", " eight nine ten")])
def test_the_longest_column_loses_its_end_or_its_start(
    make_renderer: MakeRenderer, truncation: Truncation, part: str
) -> None:
    renderer = make_renderer("Sort {q} by {note} now", "auto")
    short = encode([Example(0, {"q": part, "note": "kind"}, "yes")], renderer)[0]
    example = Example(0, {"q": LONG, "note": "kind"}, "yes")
    _, fitted = fitted_rows([example], renderer, short.length, truncation)
    assert fitted.cut == (0,)
    text = renderer.tokenizer.decode(fitted.encoded[0].prompt_ids, skip_special=False)
    head, tail = "<|im_start|>user\nSort ", " by kind now<|im_end|>\n<|im_start|>assistant\n"
    assert text.startswith(head)
    assert text.endswith(tail)
    kept = text[len(head) : -len(tail)]
    assert kept.startswith(part) if truncation == "end" else kept.endswith(part)
    assert LONG.startswith(kept) if truncation == "end" else LONG.endswith(kept)
    assert fitted.encoded[0].completion_ids == short.completion_ids


def test_of_equally_long_columns_the_first_by_name_is_cut(make_renderer: MakeRenderer) -> None:
    renderer = make_renderer("{b} | {a}", "none")
    example = Example(0, {"b": "dog dog dog", "a": "fox fox fox"}, "x")
    encoded, fitted = fitted_rows([example], renderer, encode([example], renderer)[0].length - 2)
    text = renderer.tokenizer.decode(fitted.encoded[0].prompt_ids)
    assert text.startswith("dog dog dog | fox")
    assert fitted.encoded[0].length <= encoded[0].length - 2


def test_a_column_that_stands_twice_is_cut_in_both_places(make_renderer: MakeRenderer) -> None:
    renderer = make_renderer("{q} / {q}", "none")
    example = Example(0, {"q": LONG}, "x")
    _, fitted = fitted_rows([example], renderer, 16)
    first, second = renderer.tokenizer.decode(fitted.encoded[0].prompt_ids).split(" / ")
    assert first == second
    assert 0 < len(first) < len(LONG)


def test_a_row_that_does_not_fit_is_left_out_and_the_others_keep_their_order(make_renderer: MakeRenderer) -> None:
    renderer = make_renderer("{q}", "none")
    answers = ("yes", "one two three four five six seven eight nine ten " * 3, "no", "yes")
    questions = ("dog", "dog", LONG, "fox")
    examples = [Example(10 + n, {"q": q}, answer) for n, (q, answer) in enumerate(zip(questions, answers, strict=True))]
    encoded, fitted = fitted_rows(examples, renderer, 10)
    assert fitted.left_out == (11,)
    assert fitted.cut == (12,)
    assert [row.row_id for row in fitted.encoded] == [10, 12, 13]
    assert fitted.encoded[0] is encoded[0]
    assert fitted.encoded[2] is encoded[3]


def test_a_row_of_exactly_the_limit_is_untouched(make_renderer: MakeRenderer) -> None:
    renderer, example = make_renderer("{q}", "none"), Example(0, {"q": LONG}, "yes")
    limit = encode([example], renderer)[0].length
    encoded, fitted = fitted_rows([example], renderer, limit)
    assert fitted.encoded[0] is encoded[0]
    assert fitted.cut == ()
    assert fitted_rows([example], renderer, limit - 1)[1].cut == (0,)


def test_an_answer_is_never_cut_to_make_room(make_renderer: MakeRenderer) -> None:
    renderer = make_renderer("{q}", "none")
    example = Example(0, {"q": LONG}, "seven eight nine")
    completion = renderer.completion_ids("seven eight nine")
    for limit in range(1, 40):
        _, fitted = fitted_rows([example], renderer, limit)
        assert bool(fitted.encoded) == (limit >= len(completion))
        assert all(list(row.completion_ids) == completion for row in fitted.encoded)


def test_an_empty_longest_column_leaves_nothing_to_cut(make_renderer: MakeRenderer) -> None:
    _, fitted = fitted_rows([Example(0, {"q": ""}, "yes")], make_renderer("Sort now: {q}", "auto"), 3)
    assert (fitted.encoded, fitted.cut, fitted.left_out) == ((), (), (0,))


def test_a_template_without_columns_has_nothing_to_cut(make_renderer: MakeRenderer) -> None:
    _, fitted = fitted_rows([Example(0, {}, "yes")], make_renderer("Say something", "auto"), 3)
    assert fitted.left_out == (0,)


TEXTS = st.lists(
    st.sampled_from(("dog", " the", " seven", "é", "🙂", "\n", "  ", "x9", "<|im_end|>", "日本", "{q}", "a\u0301")),
    max_size=14,
).map("".join)


@pytest.mark.parametrize("chat", ["auto", "none"])
@BOUNDED
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from(("yes", "the dog", ""))), min_size=1, max_size=4),
    limit=st.integers(1, 45),
    truncation=st.sampled_from(("end", "start")),
)
def test_whatever_the_rows_hold_they_fit_and_keep_what_they_can(
    make_renderer: MakeRenderer,
    chat: Literal["auto", "none"],
    *,
    rows: list[tuple[str, str, str]],
    limit: int,
    truncation: Truncation,
) -> None:
    renderer = make_renderer("Sort {q}, {note}!", chat)
    examples = [Example(n, {"q": q, "note": note}, answer) for n, (q, note, answer) in enumerate(rows)]
    encoded, fitted = fitted_rows(examples, renderer, limit, truncation)
    by_id = {row.row_id: row for row in fitted.encoded}
    assert sorted([*by_id, *fitted.left_out]) == list(range(len(rows)))
    assert set(fitted.cut) <= set(by_id)
    assert all(row.length <= limit for row in fitted.encoded)
    for example, whole in zip(examples, encoded, strict=True):
        if whole.length <= limit:
            assert by_id[example.row_id] is whole
            assert example.row_id not in fitted.cut
        else:
            check_cut(example, renderer, limit, truncation, found=by_id.get(example.row_id))


def check_cut(
    example: Example, renderer: Renderer, limit: int, truncation: Truncation, *, found: EncodedExample | None
) -> None:
    """Compare a row that was too long with every possible cut of its longest column, each rendered afresh."""
    column = max(("note", "q"), key=lambda name: len(example.values[name]))
    text = example.values[column]
    parts = [text[:keep] if truncation == "end" else text[len(text) - keep :] for keep in range(len(text))]
    possible = encode([Example(example.row_id, {**example.values, column: p}, example.answer) for p in parts], renderer)
    if found is None:
        assert not possible or possible[0].length > limit
        return
    kept = possible.index(found)
    assert kept + 1 == len(possible) or possible[kept + 1].length > limit
    longest = max(keep for keep, row in enumerate(possible) if row.length <= limit)
    assert longest - kept <= 12, "a cut that keeps more than another word would fit too"
