"""What somebody may have meant by a word that is not known.

    closest("learning_rte", ["learning_rate", "r"]) == "learning_rate"
    unknown_key(("trainer", "lora_r")).cure == "write it as `adapter.r`"

*Not here:* noticing that a word is not known; the words of other tools (lfine.schemas.foreign).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from lfine.schemas.foreign import RENAMED_KEYS, RENAMED_VALUES, REPLACED_KEYS, owners
from lfine.schemas.schema import EACH, Node, SchemaKey, mapping_variant, node_at, schema_keys, types, variants

if TYPE_CHECKING:
    from lfine.schemas.document import Value  # documents are read by what looks up near names here

_SHOWN = 40
"""Keys listed when nothing better can be said; the largest mapping of a task has 31."""
_SHORTEST, _LONG_ENOUGH = 3, 6
"""Letters of a word from which two edits are looked at, and another mapping's keys."""
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "array": list,
    "object": dict,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


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


def unknown_key_cure(
    parent: tuple[str | int, ...], name: str, *, value: Value = None, present: Collection[str] = ()
) -> str:
    """Return the cure for a key that the mapping at `parent` does not have; it always says something.

    `value` is what stands under the key and `present` the other keys of the mapping: both tell words apart.
    """
    mapping = mapping_variant(node_at(parent) or {}) or {"properties": {}}
    siblings = tuple(sorted(mapping["properties"], key=lambda key: key in present))  # a key is seldom written twice
    return (
        _sibling_in_other_letters(name, siblings)
        or _dotted(name)
        or _chat_template(parent, name, value)
        or _replaced(name)
        or _renamed(parent, name)
        or _belongs_elsewhere(parent, name, value)
        or _near_sibling(parent, name, siblings, value)
        or _near_elsewhere(parent, name, value)
        or _far_sibling(parent, name, siblings, value)
        or _allowed(tuple(mapping["properties"]))
    )


def _dotted(name: str) -> str:
    """Recognize `trainer.epochs: 3`, the form of `--set`, in a file."""
    if name not in {key.dotted for key in schema_keys() if len(key.path) > 1}:
        return ""
    *folders, last = name.split(".")
    return "write one mapping for each dot: `" + ": {".join([*folders, last]) + ": …" + "}" * len(folders) + "`"


def _table_form(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def _sibling_in_other_letters(name: str, siblings: tuple[str, ...]) -> str:
    same = next((sibling for sibling in siblings if _plain(sibling) == _plain(name)), None)
    return f"did you mean `{same}`?" if same else ""


def _chat_template(parent: tuple[str | int, ...], name: str, value: Value) -> str:
    """Tell LLaMA-Factory's `template: llama3`, a chat template's name, from a prompt template in the wrong place."""
    if parent or _table_form(name) != "template" or not isinstance(value, str) or "{" in value:
        return ""
    return "remove it: the model's own chat template is used, unless `prompt.chat` is none (LLaMA-Factory's word)"


def _whose(name: str) -> str:
    whose = owners(_table_form(name))
    return f" (`{name}` is {whose} word)" if whose else ""


def _replaced(name: str) -> str:
    cure = REPLACED_KEYS.get(_table_form(name), "")
    return cure + _whose(name) if cure else ""


def _renamed(parent: tuple[str | int, ...], name: str) -> str:
    target = RENAMED_KEYS.get(_table_form(name))
    if target is None:
        return ""
    folder, _, last = target.rpartition(".")
    here = folder == ".".join(str(part) for part in parent)
    return f"write it as `{last if here else target}`" + _whose(name)


def _belongs_elsewhere(parent: tuple[str | int, ...], name: str, value: Value) -> str:
    homes = _likeliest([key for key in schema_keys() if _plain(key.path[-1]) == _plain(name)], parent, value)
    places = list(dict.fromkeys(_place(key) for key in homes))
    if not places:
        return ""
    listed = places[0] if len(places) == 1 else ", ".join(places[:-1]) + " or " + places[-1]
    return f"move it: `{homes[0].path[-1]}` belongs {listed}"


def _place(key: SchemaKey) -> str:
    home = ".".join(key.path[:-1]).replace(f".{EACH}", ".NAME" if "columns" in key.path else "")
    return f"under `{home}`" if home else "at the top"


def _likeliest(homes: list[SchemaKey], parent: tuple[str | int, ...], value: Value) -> list[SchemaKey]:
    """Return the keys that take such a value; of these the ones below the mapping that is written, else all."""
    fitting = [key for key in homes if takes(key.node, value)] or homes
    here = tuple(str(part) for part in parent)
    below = [key for key in fitting if here and key.path[: len(here)] == here]
    return below or fitting


def takes(node: Node, value: Value) -> bool:
    """Tell whether a value is of a type, and a text one of the words, that a key takes; null fits everything."""
    if value is None:
        return True
    for variant in variants(node):
        kinds = types(variant)
        if "enum" in variant and not isinstance(value, list | dict):
            if value in variant["enum"]:
                return True
        elif _in_range(value, variant) and any(
            isinstance(value, _KINDS[kind]) and _true_kind(value, kind) for kind in kinds if kind in _KINDS
        ):
            return True
        bare = mapping_variant(variant)
        if bare is not None and variant.get("x-bare") and not isinstance(value, list | dict):
            return takes(bare["properties"][variant["x-bare"]], value)
    return False


def _true_kind(value: Value, kind: str) -> bool:
    """Keep true and false from being numbers, which they are to Python."""
    return isinstance(value, bool) == (kind == "boolean")


def _in_range(value: Value, variant: Node) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return bool(variant.get("minimum", value) <= value <= variant.get("maximum", value))


def _near_sibling(parent: tuple[str | int, ...], name: str, siblings: tuple[str, ...], value: Value) -> str:
    """Return the sibling of which `name` is a slip; of several equally near ones the one that takes the value."""
    limit = _allowed_edits(name)
    edits = {key: distance(name.lower(), key.lower()) for key in siblings}
    near = [key for key in siblings if edits[key] <= limit]
    if not near:
        return ""
    best = min(near, key=lambda key: (edits[key], not takes(node_at((*parent, key)) or {}, value), siblings.index(key)))
    return f"did you mean `{best}`?"


def _near_elsewhere(parent: tuple[str | int, ...], name: str, value: Value) -> str:
    """Return the key of another mapping of which `name` is a slip, for words long enough to be told apart."""
    near = closest(name, dict.fromkeys(key.path[-1] for key in schema_keys()))
    if near is None or (parent and len(name) < _LONG_ENOUGH):
        return ""
    homes = _likeliest([key for key in schema_keys() if key.path[-1] == near], parent, value)
    return f"did you mean `{homes[0].dotted}`?"


def _far_sibling(parent: tuple[str | int, ...], name: str, siblings: tuple[str, ...], value: Value) -> str:
    """Return a short sibling two edits away that takes the value, where it is the only one."""
    most = 1 if len(name) < _SHORTEST else 2
    fitting = [key for key in siblings if takes(node_at((*parent, key)) or {}, value)]
    near = [key for key in fitting if abs(len(key) - len(name)) <= most and distance(name.lower(), key) <= most]
    best = min((distance(name.lower(), key) for key in near), default=0)
    nearest = [key for key in near if distance(name.lower(), key) == best]
    return f"did you mean `{nearest[0]}`?" if len(nearest) == 1 else ""


def _allowed(siblings: tuple[str, ...]) -> str:
    if not siblings:
        return "remove it"
    return "use one of " + ", ".join(f"`{sibling}`" for sibling in siblings[:_SHOWN])
