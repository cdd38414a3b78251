"""What the words in a column's name say of its role.

    parts("OriginalTweet") == ("original", "tweet")     answer_points("clause_type") == (3.0, "its name ends in `type`")
    is_input_name("comment_text")                        is_about_the_row("created_at")

The words are those that data sets in general use. A name that one data set alone has is not among them.

*Not here:* values, which have their say in lfine.finetune.data.guess.outputs.
"""

from __future__ import annotations

import re


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


SURE = _set(
    "answer answers label labels target targets output outputs completion response reply gold summary translation sql"
    " correct expected chosen verdict"
)
"""Words for what is to be answered, and hardly for anything else."""
LIKELY = _set(
    "class classification category sentiment intent topic topics tag tags type kind score rating stars grade priority"
    " department team emotion solution query result reference decision diagnosis headline abstract outcome entities"
    " severity stance similarity correction"
)
"""Words for an answer that stand for other things too."""
INPUTS = _set(
    "input inputs instruction instructions prompt question questions sentence premise hypothesis context passage"
    " document article text body content message comment review tweet post title subject description request email"
    " mail ticket story paragraph utterance dialogue conversation transcript schema choices options option endings"
    " header ctx complaint feedback essay report"
)
"""Words for what is read."""
ABOUT = _set(
    "url link date time timestamp datetime created updated modified author user username customer agent split fold"
    " subset partition lang locale size length count genre filename file path hash version license rejected row"
    " location region country place places source origin annotator worker page"
)
"""Words for what is known about a row besides, or says where it comes from."""
IDS = _set("id ids idx index uuid guid key sha md5 hash no nr number")
REFERENCES = _set("references reference refs answers targets golds")
"""Words for a list of all right answers of a row."""
CHOICES = _set("choices choice options endings candidates alternatives")
LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "pl": "Polish", "ru": "Russian", "uk": "Ukrainian", "cs": "Czech", "sv": "Swedish",
    "da": "Danish", "fi": "Finnish", "tr": "Turkish", "ar": "Arabic", "hi": "Hindi", "zh": "Chinese",
    "ja": "Japanese", "ko": "Korean", "vi": "Vietnamese", "el": "Greek", "ro": "Romanian", "hu": "Hungarian",
}  # fmt: skip
"""Codes of languages, as columns of translations are called."""
GENERIC = SURE - {"summary", "translation", "sql"} | {"class", "result", "reference", "y", "type", "category"}
"""Words that say that a column is an answer, and not of what."""
_RUNS = re.compile(r"\d+|[^\W\d_]+")


def words(name: str) -> tuple[str, ...]:
    """Return the words and numbers of a name, in lower case."""
    return tuple(part.lower() for run in _RUNS.findall(name) for part in _humps(run))


def _humps(run: str) -> list[str]:
    """Return a run of letters cut where case or script says that a word begins: `HTML|Text`, `Größe`, `日本|Text`."""
    found, kinds = [run[0]], [_kind(char) for char in run]
    for at in range(1, len(run)):
        before, now, after = kinds[at - 1], kinds[at], kinds[at + 1] if at + 1 < len(run) else ""
        script = now != before and "other" in (now, before)
        if now and (script or (now == "upper" and (before == "lower" or (before == "upper" and after == "lower")))):
            found.append("")
        found[-1] += run[at]
    return found


def _kind(char: str) -> str:
    """Return what a letter is; nothing for signs such as `²`, which stay where they stand."""
    return "upper" if char.isupper() else "lower" if char.islower() else "other" if char.isalpha() else ""


def parts(name: str) -> tuple[str, ...]:
    """Return the words of a name without its numbers."""
    return tuple(part for part in words(name) if not part.isdecimal())


def answer_points(name: str) -> tuple[float, str]:
    """Return how much a name speaks for an answer, and why; 0.0 where it does not."""
    found = parts(name)
    for vocabulary, whole, last, other in ((SURE, 8.0, 5.0, 3.5), (LIKELY, 4.0, 3.0, 1.5)):
        said = [word for word in found if word in vocabulary]
        if not said:
            continue
        if len(found) == 1:
            return whole, "its name"
        if found[-1] in vocabulary:
            return last, f"its name ends in `{found[-1]}`"
        return other, f"`{said[0]}` in its name"
    return 0.0, ""


def is_input_name(name: str) -> bool:
    """Tell whether the name is one of what is read: its only or its last word says so."""
    found = parts(name)
    return bool(found) and found[-1] in INPUTS


def is_about_the_row(name: str) -> bool:
    """Tell whether the name is one of what is known about a row besides: its last word says so, or `at`, `by`."""
    found = parts(name)
    return bool(found) and (found[-1] in ABOUT or (len(found) > 1 and found[-1] in ("at", "by")))


def is_id_name(name: str) -> bool:
    """Tell whether the name is one of a number or key of the row."""
    found = parts(name)
    return bool(found) and found[-1] in IDS and answer_points(name)[0] == 0


def language_of(name: str) -> str | None:
    """Return the language that a column is called after."""
    found = parts(name)
    return next((LANGUAGES[word] for word in found if word in LANGUAGES), None) or next(
        (language for language in LANGUAGES.values() if language.lower() in found), None
    )
