"""The prompt of a guess, in plain English made from the names of its columns.

    template(guess, shown={"review": "review"})
      ─▶  "What is the sentiment of the review? Answer with one of these and nothing else: positive, negative.\n\n
           Review: {review}"

Rows that bring their own instruction (`instruction`, `prompt`) are shown as they are.

*Not here:* columns made for the prompt (lfine.starting.drafting).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from lfine.finetune.data.guess.lexicon import GENERIC, language_of, parts, words
from lfine.finetune.data.guess.records import Guess

YES_NO = ({"0", "1"}, {"true", "false"}, {"yes", "no"})
SHOWN_LABELS = 3
"""Labels that are shown where there are too many to list."""
_OWN_INSTRUCTION = ("instruction", "instructions", "prompt")
_LABEL = frozenset(("label", "labels", "class", "category", "type"))
_SAYS_NOTHING = frozenset(("text", "key", "letter", "name", "id", "human"))
_OPTION = ("option", "choice", "candidate", "alternative", "ending", "solution")


def template(guess: Guess, shown: Mapping[str, str]) -> str:
    """Return the prompt; `shown` is input → the column whose text stands there."""
    body = "\n\n".join(_section(guess, name, shown[name]) for name in guess.inputs)
    if guess.answer.manner == "code":
        raw = "\n\n".join(f"{{{shown[name]}}}" for name in guess.inputs)
        return f"Complete this program. Write only the lines that come next, without a word of explanation.\n\n{raw}"
    if any(name.lower() in _OWN_INSTRUCTION for name in guess.inputs):
        return "\n\n".join(f"{{{shown[name]}}}" for name in guess.inputs)
    return f"{doubled(_task(guess))}\n\n{body}"


def doubled(text: str) -> str:
    """Return a text as a template holds it: with its braces doubled."""
    return text.replace("{", "{{").replace("}", "}}")


def spoken(name: str) -> str:
    """Return a column's name in words: `OriginalTweet` as `original tweet`."""
    return " ".join(words(name)) or "text"


def noun(name: str) -> str:
    """Return what a column holds, as a noun: `comment_text` as `comment`, `is_spam` as `spam`."""
    found = list(words(name))
    while len(found) > 1 and found[-1] in ("text", "string", "preprocessed", "name", "key", "content"):
        found.pop()
    while len(found) > 1 and found[0] in ("is", "has", "original", "the", "raw", "clean", "cleaned"):
        found.pop(0)
    return " ".join(found) or "text"


def _section(guess: Guess, name: str, column: str) -> str:
    title = noun(name) if len(guess.inputs) == 1 else spoken(name)
    between = "\n" if name == guess.options else " "
    return f"{doubled(title[:1].upper() + title[1:])}:{between}{{{column}}}"


def _the(names: Sequence[str]) -> str:
    """Return `the passage and the question`; names that end in a number take no article."""
    each = [noun(name) if noun(name)[-1].isdigit() else f"the {noun(name)}" for name in names]
    return each[0] if len(each) == 1 else f"{', '.join(each[:-1])} and {each[-1]}"


def _is_generic(guess: Guess) -> bool:
    """Tell whether the answer's name says nothing of what it is: `label`, `answer`, `output`."""
    return all(part in GENERIC or part in _SAYS_NOTHING for part in parts(guess.output or ""))


def _question(guess: Guess) -> str | None:
    """Return the one input that is a question, where the answer is one to it and not a label of it."""
    found = [name for name in guess.inputs if parts(name)[-1:] in (("question",), ("query",))]
    labelled = not _LABEL.isdisjoint(parts(guess.output or ""))
    return found[0] if len(found) == 1 and not labelled else None


def _task(guess: Guess) -> str:
    """Return the sentences that say what is to be done."""
    manner = guess.answer.manner
    known: dict[str, Callable[[], str]] = {
        "choice": partial(_choose, guess),
        "label": partial(_label, guess),
        "number": partial(_number, guess),
        "sql": partial(_sql, guess),
        "steps": partial(_steps, guess),
        "entities": partial(_entities, guess),
        "json": partial(_json, guess),
        "list": partial(_list, guess),
        "span": partial(_span, guess),
        "translation": partial(_translation, guess),
    }
    return known[manner]() if manner in known else _text(guess)


def _choose(guess: Guess) -> str:
    pointed = (
        "letter" if guess.answer.letters or not all(label.isdigit() for label in guess.answer.labels) else "number"
    )
    what = "Choose the right answer to the question."
    if not _question(guess):
        what = f"Choose the one of the {spoken(guess.options or 'choices')} that fits."
    return f"{what} Answer with its {pointed} and nothing else."


def _label(guess: Guess) -> str:
    answer, others = guess.answer, _the(guess.inputs)
    only = _one_of(guess)
    options = [
        name for name in guess.inputs if words(name)[-1:] and words(name)[-1].isdigit() and words(name)[0] in _OPTION
    ]
    if len(options) == len(answer.labels) > 1:
        rest = [name for name in guess.inputs if name not in options]
        fits = f" fits {_the(rest)}" if rest else " is right"
        return f"Which of the options{fits}? {only}"
    if _is_generic(guess):
        if _question(guess):
            by = [name for name in guess.inputs if name != _question(guess)]
            return f"Answer the question{f', going by {_the(by)}' if by else ''}. {only}"
        return f"Which {'answer' if 'answer' in parts(guess.output or '') else 'label'} fits {others}? {only}"
    what = noun(guess.output or "")
    if set(map(str.lower, answer.labels)) in YES_NO and len(answer.labels) == 2:
        return f'Does "{what}" apply to {others}? {_yes_no(guess)}'
    return f"What is the {what} of {others}? {only}"


def _one_of(guess: Guess) -> str:
    labels = guess.answer.labels
    if labels:
        return f"Answer with one of these and nothing else: {', '.join(labels)}."
    common = [label for label, _ in guess.profiles[guess.output or ""].counts.most_common(SHOWN_LABELS)]
    return f"Answer with its name only, such as: {', '.join(common)}."


def _yes_no(guess: Guess) -> str:
    labels = {label.lower(): label for label in guess.answer.labels}
    if "1" in labels:
        return "Answer with 1 for yes or 0 for no, and nothing else."
    yes, no = (labels["true"], labels["false"]) if "true" in labels else (labels["yes"], labels["no"])
    return f"Answer with {yes} or {no} and nothing else."


def _number(guess: Guess) -> str:
    low, high = guess.answer.low or 0.0, guess.answer.high or 0.0
    bounds = f", from {low:g} to {high:g}" if 0 < high - low <= 100 else ""
    what = "Which number fits" if _is_generic(guess) else f"What is the {noun(guess.output or '')} of"
    return f"{what} {_the(guess.inputs)}{bounds}? Answer with a number and nothing else."


def _sql(guess: Guess) -> str:
    asked = "the question" if _question(guess) else _the(guess.inputs)
    tables = any(guess.profiles[name].is_tables for name in guess.inputs)
    only = " Use only the tables and columns that are there." if tables else ""
    return f"Write one SQL query that answers {asked}.{only} Write the query and nothing else."


def _steps(guess: Guess) -> str:
    what = "Answer the question" if _question(guess) else f"Solve {_the(guess.inputs)}"
    return f"{what} step by step. End with the number that is asked for."


def _entities(guess: Guess) -> str:
    keys = f" with the keys {', '.join(guess.answer.keys)}" if guess.answer.keys else ""
    source = _the(guess.inputs) if noun(guess.inputs[0]) not in ("input", "tokens concatenated") else "the text"
    return (
        f"Find the names in {source} and say of what kind they are. Answer with one JSON object{keys}: for each kind "
        "the list of the texts that are of it, in their order. Write the JSON and nothing else."
    )


def _json(guess: Guess) -> str:
    keys = f" with the keys {', '.join(guess.answer.keys)}" if guess.answer.keys else ""
    of = "" if _is_generic(guess) else f" the {noun(guess.output or '')} of"
    return f"Give{of or ' what belongs to'} {_the(guess.inputs)} as JSON{keys}. Write the JSON and nothing else."


def _list(guess: Guess) -> str:
    what = "what fits" if _is_generic(guess) else f"the {noun(guess.output or '')} of"
    return f"Name {what} {_the(guess.inputs)}, with a comma between them, and nothing else."


def _span(guess: Guess) -> str:
    rest = [name for name in guess.inputs if name != _question(guess)]
    if _question(guess):
        return f"Answer the question with words of {_the(rest)}, as few as will do." if rest else "Answer the question."
    return f"Find the {noun(guess.output or '')} in {_the(guess.inputs)}. Write it as it stands there and nothing else."


def _translation(guess: Guess) -> str:
    source = next((language for name in guess.inputs if (language := language_of(name))), "the text")
    return f"Translate from {source} to {language_of(guess.output or '')}. Write the translation and nothing else."


def _text(guess: Guess) -> str:
    if _question(guess) and _is_generic(guess):
        by = [name for name in guess.inputs if name != _question(guess)]
        return f"Answer the question{f', going by {_the(by)}' if by else ''}."
    if _is_generic(guess):
        return f"Write the text that belongs to {_the(guess.inputs)}."
    return f"Write the {noun(guess.output or '')} of {_the(guess.inputs)}."
