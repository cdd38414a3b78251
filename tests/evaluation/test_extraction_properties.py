"""Properties of label extraction that hold for any labels and any text around them, against a word-by-word reference.

The reference reads a text as a list of words and looks for each label as a run of words: slow, plain, and another way
to say what a whole-word match is.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.evaluation.extraction import extract_answer
from lfine.evaluation.text import normalise
from lfine.schemas.task import Extract

LABEL = Extract("label", None, None)

WORDS = ("auto", "home", "claims", "new", "york", "city")
FILLERS = ("the", "answer", "is", "maybe", "automatic", "homes", "x9")

labels = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join), min_size=2, max_size=5, unique=True
).map(tuple)
texts = st.lists(st.sampled_from(WORDS + FILLERS), max_size=8)


def named_by_words(words: list[str], allowed: tuple[str, ...]) -> str | None:
    """Look for the labels longest first; words that one has taken are gone for the others."""
    free: list[str | None] = list(words)
    found = []
    for label in sorted(allowed, key=lambda each: -len(each)):
        run = label.split()
        hit = False
        for start in range(len(free) - len(run) + 1):
            if free[start : start + len(run)] == run:
                free[start : start + len(run)] = [None] * len(run)
                hit = True
        if hit:
            found.append(label)
    return found[0] if len(found) == 1 else None


@settings(max_examples=300, deadline=None)
@given(words=texts, allowed=labels)
def test_equals_the_word_by_word_reference(words: list[str], allowed: tuple[str, ...]) -> None:
    # Of labels of equal length the one that stands first is looked for first, in both.
    assert extract_answer(" ".join(words), LABEL, allowed) == named_by_words(words, allowed)


@given(allowed=labels, filler=st.lists(st.sampled_from(FILLERS), max_size=4), place=st.integers(0, 4))
def test_a_label_is_found_wherever_it_stands(allowed: tuple[str, ...], filler: list[str], place: int) -> None:
    label = max(allowed, key=len)
    text = " ".join([*filler[:place], label.upper(), *filler[place:]])
    assert extract_answer(f"  {text}!\n", LABEL, allowed) == label


@given(st.text(max_size=40), labels)
def test_an_answer_is_one_of_the_labels_or_none(text: str, allowed: tuple[str, ...]) -> None:
    assert extract_answer(text, LABEL, allowed) in {*allowed, None}


@given(st.text(min_size=1, max_size=12).filter(lambda label: any(each.isalnum() for each in normalise(label))))
def test_every_label_names_itself(label: str) -> None:
    assert extract_answer(label, LABEL, (label, "something else entirely")) == label


@given(st.text(max_size=40))
def test_answers_never_have_white_space_around_them(text: str) -> None:
    for extract in (Extract("none", None, None), Extract("first_line", None, None)):
        answer = extract_answer(text, extract, ())
        assert answer is None or (answer == answer.strip() and answer)
