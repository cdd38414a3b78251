"""The prompt, in words made from the names of columns."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lfine.finetune.data.guess.records import Wanted
from lfine.schemas.template import columns as template_columns
from lfine.schemas.template import parse_template
from lfine.starting.columns import made_columns
from lfine.starting.wording import doubled, noun, spoken, template
from tests.lfine.starting.guesses import FOUR, TEXT, guessed


def prompt(columns: Mapping[str, object], wanted: Wanted | None = None) -> str:
    """Return the prompt; it must show each input once, and be a template."""
    guess = guessed(columns, wanted)
    made = made_columns(guess)
    text = template(guess, made.shown)
    assert sorted(template_columns(parse_template(text))) == sorted(made.shown.values())
    return text


def task(columns: Mapping[str, object], wanted: Wanted | None = None) -> str:
    """Return its first paragraph."""
    return prompt(columns, wanted).split("\n\n")[0]


@pytest.mark.parametrize(
    ("name", "said", "thing"),
    [
        ("OriginalTweet", "original tweet", "tweet"),
        ("comment_text", "comment text", "comment"),
        ("is_spam", "is spam", "spam"),
        ("text", "text", "text"),
        ("the_clean_text_string", "the clean text string", "clean"),
        ("__", "text", "text"),
    ],
)
def test_a_name_in_words(name: str, said: str, thing: str) -> None:
    assert (spoken(name), noun(name)) == (said, thing)


def test_braces_are_doubled() -> None:
    assert doubled("{a}") == "{{a}}"


def test_labels_are_listed_and_the_input_follows() -> None:
    assert prompt({"review_text": TEXT, "sentiment": ["bad", "good"]}) == (
        "What is the sentiment of the review? Answer with one of these and nothing else: bad, good.\n\n"
        "Review: {review_text}"
    )


def test_a_name_that_says_nothing_is_not_repeated() -> None:
    start = task({"review": TEXT, "label": ["bad", "good"]})
    assert start == "Which label fits the review? Answer with one of these and nothing else: bad, good."
    assert task({"question": TEXT, "answer": ["bad", "good"]}).startswith("Answer the question. Answer with one")
    by = task({"passage": f"a {TEXT}", "question": TEXT, "answer": ["bad", "good"]})
    assert by.startswith("Answer the question, going by the passage. ")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 1], 'Does "spam" apply to the text? Answer with 1 for yes or 0 for no, and nothing else.'),
        (["Yes", "No"], 'Does "spam" apply to the text? Answer with Yes or No and nothing else.'),
        ([True, False], 'Does "spam" apply to the text? Answer with true or false and nothing else.'),
        (["ham", "spam"], "What is the spam of the text? Answer with one of these and nothing else: ham, spam."),
    ],
)
def test_yes_and_no(labels: list[object], expected: str) -> None:
    assert task({"text": TEXT, "is_spam": labels}, Wanted(output="is_spam")) == expected


def test_labels_that_are_too_many_are_shown_by_examples() -> None:
    columns = {"text": TEXT, "intent": lambda n: f"intent {n % 60}" if n > 60 else "usual"}
    found = guessed(columns, Wanted(output="intent"), rows=1200)
    start = template(found, {"text": "text"})
    assert "Answer with its name only, such as: usual, intent 1, intent 2." in start


def test_labels_with_braces_are_no_columns() -> None:
    assert task({"text": TEXT, "label": lambda n: "{a}" if n % 2 else "{b}"}).endswith("nothing else: {{a}}, {{b}}.")


def test_choices_by_letter_and_by_number() -> None:
    letters = prompt({"question": TEXT, "choices": FOUR, "answer": [0, 1, 2, 3]})
    assert letters.startswith("Choose the right answer to the question. Answer with its letter and nothing else.")
    assert letters.endswith("\n\nChoices:\n{choices_listed}")
    assert task({"goal": TEXT, "endings": FOUR, "label": [*"ABCD"]}).startswith(
        "Choose the one of the endings that fits"
    )


def test_columns_of_options_are_counted() -> None:
    columns = {"sentence": TEXT, "option1": f"one {TEXT}", "option2": f"two {TEXT}", "answer": [1, 2]}
    assert task(columns) == ("Which of the options fits the sentence? Answer with one of these and nothing else: 1, 2.")


def test_numbers_and_their_bounds() -> None:
    assert task({"review": TEXT, "score": lambda n: n / 8}) == (
        "What is the score of the review, from 0 to 14.875? Answer with a number and nothing else."
    )
    assert "from" not in task({"review": TEXT, "score": lambda n: n * 1.5})


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            {"question": TEXT, "context": "CREATE TABLE t{n} (a INT)", "sql": "SELECT a FROM t{n}"},
            "Write one SQL query that answers the question. Use only the tables and columns that are there. Write the",
        ),
        ({"problem": TEXT, "solution": "we add and have {n}"}, "Solve the problem step by step. End with the number"),
        ({"question": TEXT, "answer": "we add and have {n}"}, "Answer the question step by step. End with the number"),
        ({"en": TEXT, "de": "der {w} ist {n} hier"}, "Translate from English to German. Write the translation"),
        (
            {"text": TEXT, "entities": {"thing": ("{w}",)}},
            "Find the names in the text and say of what kind they are. Answer with one JSON object with the keys thing",
        ),
        (
            {"text": TEXT, "attributes": {"size": "{n}", "shade": ["x", "y"]}},
            "Give the attributes of the text as JSON with the keys size, shade.",
        ),
        ({"article": TEXT, "tags": ("x {n}", "y")}, "Name the tags of the article, with a comma between them"),
        (
            {"question": "what is it, {n}", "passage": TEXT, "answer": "number {n} today"},
            "Answer the question with words of the passage, as few as will do.",
        ),
        ({"article": TEXT, "person": "number {n} today"}, "Find the person in the article. Write it as it stands"),
        ({"article": TEXT, "summary": "words of no kind but {n} here"}, "Write the summary of the article."),
        ({"article": TEXT, "output": "words of no kind but {n} here"}, "Write the text that belongs to the article."),
        ({"question": TEXT, "answer": "words of no kind but {n} here"}, "Answer the question."),
    ],
)
def test_each_kind_of_answer_has_its_sentence(columns: dict[str, object], expected: str) -> None:
    assert task(columns, Wanted(output=list(columns)[-1])).startswith(expected)


def test_rows_that_bring_their_instruction_are_shown_as_they_are() -> None:
    found = prompt({"instruction": TEXT, "input": ["", "more"], "output": f"words {TEXT}"})
    assert found == "{instruction}\n\n{input}"


def test_programs_are_completed() -> None:
    columns: dict[str, object] = {
        "prompt": "def f():  # {n}",
        "solution": "    return {n}",
        "test": "assert f() == {n}",
    }
    found = prompt(columns, Wanted(output="solution"))
    assert found.startswith("Complete this program. ")
    assert found.endswith("\n\n{prompt}")
