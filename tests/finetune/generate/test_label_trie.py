"""The tree of labels: what is allowed at each step, and when nothing is left to choose."""

from __future__ import annotations

import random

import pytest

from lfine.finetune.generate.label_trie import LabelTrie

END = 2
TRIE = LabelTrie({(504, END): "yes", (811, 17, END): "no way", (811, END): "no"})


def test_a_label_that_begins_another_one() -> None:
    walk = TRIE.begin()
    assert walk.allowed() == [504, 811]
    assert walk.only_way() is None
    walk.advance(811)
    assert walk.allowed() == [END, 17]
    assert walk.only_way() is None
    walk.advance(17)
    assert walk.only_way() == (END,)


def test_the_rest_of_the_only_label_left() -> None:
    walk = LabelTrie({(1, 5, 6, END): "a", (3, END): "b"}).begin()
    walk.advance(1)
    assert walk.only_way() == (5, 6, END)


def test_one_label_needs_no_choice_at_all() -> None:
    assert LabelTrie({(7, 8, END): "only"}).begin().only_way() == (7, 8, END)


def test_longest_and_labels() -> None:
    assert TRIE.longest == 3
    assert TRIE.labels[811, END] == "no"
    with pytest.raises(ValueError, match="no label"):
        LabelTrie({})


def test_every_way_through_a_random_tree_is_one_of_its_labels() -> None:
    draw = random.Random(1)
    labels = {(*draw.choices(range(3, 9), k=draw.randint(1, 5)), END) for _ in range(60)}
    trie = LabelTrie({tokens: str(tokens) for tokens in labels})
    seen = set()
    for _ in range(500):
        walk, tokens = trie.begin(), list[int]()
        while END not in tokens:
            rest = walk.only_way()
            if rest is not None:
                tokens += rest
            else:
                tokens.append(draw.choice(walk.allowed()))
                walk.advance(tokens[-1])
        seen.add(tuple(tokens))
    assert seen <= labels
    assert len(seen) > 40
