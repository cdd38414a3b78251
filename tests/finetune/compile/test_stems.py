"""Stems: which prompts share more than the prefix, and that sharing never costs tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lfine.finetune.compile.stems import Stem, stems_of

PROMPTS = st.lists(
    st.lists(st.integers(0, 1), min_size=1, max_size=12).map(lambda rest: (9, *rest)), min_size=1, max_size=8
)


def test_one_passage_with_two_questions() -> None:
    prompts = [(1, 7, 7, 7, 4), (1, 9, 5), (1, 7, 7, 7, 5)]
    assert stems_of(prompts, 1, least=3) == (Stem((0, 2), 3),)
    assert stems_of(prompts, 1, least=4) == ()


def test_a_third_prompt_that_shares_less_is_left_out_when_it_would_cost_more() -> None:
    long, short = (1, *[7] * 10), (1, *[7] * 3)
    assert stems_of([(*long, 1), (*long, 2), (*short, 3)], 1, least=2) == (Stem((0, 1), 10),)


def test_equal_prompts_keep_a_token_of_their_own() -> None:
    assert stems_of([(1, 2, 3, 4), (1, 2, 3, 4)], 1, least=1) == (Stem((0, 1), 2),)


@given(PROMPTS)
def test_members_begin_alike_stand_in_one_stem_and_save_tokens(prompts: list[tuple[int, ...]]) -> None:
    found = stems_of(prompts, 1, least=2)
    members = [place for stem in found for place in stem.members]
    assert len(members) == len(set(members))
    for stem in found:
        assert stem.saved >= stem.length >= 2
        assert len({prompts[place][: 1 + stem.length] for place in stem.members}) == 1
        assert all(len(prompts[place]) > 1 + stem.length for place in stem.members)
