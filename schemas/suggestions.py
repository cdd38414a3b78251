"""What somebody may have meant by a word that is not known.

    closest("learning_rte", ["learning_rate", "r"]) == "learning_rate"
    unknown_key(("trainer", "lora_r")).cure == "write it as `adapter.r`"

*Not here:* noticing that a word is not known; the words of other tools (lfine.schemas.foreign).
"""

from __future__ import annotations

from collections.abc import Iterable

from lfine.schemas.foreign import RENAMED_KEYS, RENAMED_VALUES, REPLACED_KEYS
from lfine.schemas.schema import mapping_variant, node_at, schema_keys

_SHOWN = 20
"""Keys listed when nothing better can be said; the largest mapping of a task has 16."""


def distance(a: str, b: str, *, limit: int = 2) -> int:
    """Return the edits between two words, at most `limit` + 1.

    Edits are insertion, deletion, substitution and transposition of neighbours (optimal string alignment, the
    restricted Damerau-Levenshtein distance).
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "").replace(" ", "")


def _allowed_edits(word: str) -> int:
    """Return 0, 1 or 2: two edits of a word of four letters make any word of four letters."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `word` is a slip of: another case, hyphens for underscores, or at most two edits."""
    best: str | None = None
    best_distance = _allowed_edits(word) + 1
    for candidate in candidates:
        if _plain(candidate) == _plain(word):
            return candidate
        edits = distance(word.lower(), candidate.lower())
        if edits < best_distance:
            best, best_distance = candidate, edits
    return best


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return "did you mean `…`?", or nothing where no candidate is near."""
    near = closest(word, candidates)
    return f"did you mean `{near}`?" if near is not None else ""


def value_cure(word: str, allowed: Iterable[str]) -> str:
    """Return the cure for a text that is none of the allowed ones, empty where none comes to mind."""
    allowed = tuple(allowed)
    foreign = RENAMED_VALUES.get(word.lower())
    if foreign in allowed:
        return f"write `{foreign}`"
    return did_you_mean(word, allowed)


def unknown_key_cure(parent: tuple[str | int, ...], name: str) -> str:
    """Return the cure for a key that the mapping at `parent` does not have; it always says something."""
    mapping = mapping_variant(node_at(parent) or {}) or {"properties": {}}
    siblings = tuple(mapping["properties"])
    return (
        _sibling_in_other_letters(name, siblings)
        or _dotted(name)
        or REPLACED_KEYS.get(_table_form(name), "")
        or _renamed(parent, name)
        or _belongs_elsewhere(name)
        or did_you_mean(name, siblings)
        or _near_elsewhere(name)
        or _allowed(siblings)
    )


def _dotted(name: str) -> str:
    """Recognize `trainer.epochs: 3`, the form of `--set`, in a file."""
    if name not in {key.dotted for key in schema_keys() if len(key.path) > 1}:
        return ""
    *folders, last = name.split(".")
    return "write one mapping for each dot: `" + ": {".join([*folders, last]) + ": …" + "}" * len(folders) + "`"


def _table_form(name: str) -> str:
    return name.lower().replace("-", "_")


def _sibling_in_other_letters(name: str, siblings: tuple[str, ...]) -> str:
    same = next((sibling for sibling in siblings if _plain(sibling) == _plain(name)), None)
    return f"did you mean `{same}`?" if same else ""


def _renamed(parent: tuple[str | int, ...], name: str) -> str:
    target = RENAMED_KEYS.get(_table_form(name))
    if target is None:
        return ""
    folder, _, last = target.rpartition(".")
    here = folder == ".".join(str(part) for part in parent)
    return f"write it as `{last if here else target}`"


def _belongs_elsewhere(name: str) -> str:
    homes = [".".join(key.path[:-1]) for key in schema_keys() if _plain(key.path[-1]) == _plain(name)]
    places = [f"under `{home}`" if home else "at the top" for home in homes]
    if not places:
        return ""
    listed = places[0] if len(places) == 1 else ", ".join(places[:-1]) + " or " + places[-1]
    proper = next(key.path[-1] for key in schema_keys() if _plain(key.path[-1]) == _plain(name))
    return f"move it: `{proper}` belongs {listed}"


def _near_elsewhere(name: str) -> str:
    near = closest(name, dict.fromkeys(key.path[-1] for key in schema_keys()))
    found = next((key.dotted for key in schema_keys() if key.path[-1] == near), None)
    return f"did you mean `{found}`?" if found else ""


def _allowed(siblings: tuple[str, ...]) -> str:
    if not siblings:
        return "remove it"
    return "use one of " + ", ".join(f"`{sibling}`" for sibling in siblings[:_SHOWN])
