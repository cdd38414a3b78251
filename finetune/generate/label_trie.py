"""Labels as a tree of tokens, so that an answer can be nothing but one of them.

    trie = LabelTrie({(504, 2): "yes", (811, 17, 2): "no way", (811, 2): "no"})
    walk = trie.begin(); walk.allowed() == (504, 811); walk.advance(811); walk.allowed() == (2, 17)

The tokens are those that training teaches for a label: leading space, text, end token. A label that begins another one
ends in the end token, where the other goes on. As soon as one label only is left, the rest needs no model.

*Not here:* tokenizing labels (lfine.finetune.catalogue.rendering), choosing among tokens (local.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Node = dict[int, "Node"]


class LabelTrie:
    """The allowed answers of a task; `labels` says which label each sequence of tokens is."""

    def __init__(self, labels: Mapping[tuple[int, ...], str]) -> None:
        if not labels:
            raise ValueError("no label to choose from")
        self.labels = dict(labels)
        self.longest = max(map(len, labels))
        """Tokens of the longest label, the end token among them."""
        self.root: Node = {}
        for tokens in labels:
            node = self.root
            for token in tokens:
                node = node.setdefault(token, {})

    def begin(self) -> LabelWalk:
        return LabelWalk(self.root)


class LabelWalk:
    """How far one answer has come in the tree."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def allowed(self) -> Sequence[int]:
        """Return the tokens that go on with a label, rising."""
        return sorted(self._node)

    def advance(self, token: int) -> None:
        """Take one of them."""
        self._node = self._node[token]

    def only_way(self) -> tuple[int, ...] | None:
        """Return the rest of the one label that is left; None while there are several."""
        rest: list[int] = []
        node = self._node
        while node:
            if len(node) > 1:
                return None
            ((token, node),) = node.items()
            rest.append(token)
        return tuple(rest)
