"""How probable a model finds given answers: each label of a closed set, the gold answer.

    for found in log_probabilities(model, prompts, [[(504, 2), (811, 17, 2)], …], settings):
        found.logarithms[1]     # of the second answer to prompts[found.place]: the sum over its tokens
        found.answer            # the model's own, where it is among the given ones or begins as they do; else None

The answers to a prompt are a tree: what two of them begin with is run once. Prompt and tree are one sequence of one
step (local_steps.py), in which a token of the tree sees the prompt and the tokens that lead to it. The last token of an
answer is predicted and never run.

The model's own answer is the way that generation's choice (local_choice.py) takes through that tree. As long as it does
not leave the tree, nothing is left to run: a model that answers with a label has answered.

*Not here:* choosing an answer (local.py), what the probabilities are good for (lfine.evaluation).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from inspect import signature

import torch
from peft import PeftModel
from torch import Tensor
from transformers import PreTrainedModel

from lfine.finetune.generate.local_choice import Choice
from lfine.finetune.generate.local_keys import attending
from lfine.finetune.generate.local_rows import Answer, GenerationSettings, Row, packed_part
from lfine.finetune.generate.local_steps import MOST_TOKENS, Steps
from lfine.finetune.models.parts import projection_of

PLACES = 256
"""Positions projected onto the vocabulary at once."""
Answers = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Found:
    """What a model believes after one prompt."""

    place: int
    """Of the prompt among those given."""
    logarithms: list[float]
    """Log-probability of each of its answers, summed over the tokens."""
    answer: Answer | None = None
    """What `generate` would answer; None: that takes tokens that are in none of the answers."""


@torch.inference_mode()
def log_probabilities(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Answers],
    settings: GenerationSettings,
    row_ids: Sequence[int] | None = None,
) -> Iterator[Found]:
    """Yield what is found for each prompt once; no answer is empty.

    `row_ids` (the places, unless given) decide the chance of each row where answers are drawn.
    """
    order = sorted(range(len(prompts)), key=lambda place: (len(prompts[place]), place))
    longest = [len(prompt) + max(map(len, each), default=0) for prompt, each in zip(prompts, answers, strict=True)]
    packed, others = packed_part(order, longest, settings)
    ids = range(len(prompts)) if row_ids is None else row_ids
    if packed:
        asked = [Asked(Row(tuple(prompts[place]), ids[place], (place,)), Tree.of(answers[place])) for place in packed]
        with attending(model):
            yield from _packed(model, asked, settings)
    for place in others:
        yield Found(place, [_alone(model, prompts[place], answer) for answer in answers[place]])


@dataclass(frozen=True)
class Tree:
    """Answers that share what they begin with; node n follows node parents[n], -1: the prompt."""

    tokens: tuple[int, ...]
    """Of each node, the parent before its children."""
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    """Tokens between the node and the prompt."""
    answers: tuple[tuple[tuple[int, int], ...], ...]
    """Of each answer: the node that predicts it and the token, one after the other."""

    @classmethod
    def of(cls, answers: Answers) -> Tree:
        nodes: dict[tuple[int, ...], int] = {(): -1}
        tokens: list[int] = []
        parents: list[int] = []
        for answer in answers:
            for end in range(1, len(answer)):
                path = tuple(answer[:end])
                if path not in nodes:
                    nodes[path] = len(tokens)
                    tokens.append(path[-1])
                    parents.append(nodes[path[:-1]])
        depths: list[int] = []
        for parent in parents:
            depths.append(0 if parent < 0 else depths[parent] + 1)
        ways = tuple(tuple((nodes[tuple(each[:at])], token) for at, token in enumerate(each)) for each in answers)
        return cls(tuple(tokens), tuple(parents), tuple(depths), ways)

    def children(self) -> dict[tuple[int, int], int]:
        """Return where a node (-1: the prompt) and the token after it lead."""
        return {
            (parent, token): node for node, (parent, token) in enumerate(zip(self.parents, self.tokens, strict=True))
        }

    def hidden(self) -> Tensor:
        """Return (N, N): True where a node does not follow from another, nor is it."""
        seen = torch.eye(len(self.tokens), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                seen[node] |= seen[parent]
        return ~seen


@dataclass(frozen=True)
class Asked:
    """A prompt and the answers that it is asked about."""

    row: Row
    tree: Tree

    def size(self, prefix: int) -> int:
        """Return how many tokens of it come in the last step."""
        return (len(self.row.prompt) - prefix - 1) % MOST_TOKENS + 1 + len(self.tree.tokens)


def _packed(model: PreTrainedModel, rows: Sequence[Asked], settings: GenerationSettings) -> Iterator[Found]:
    steps = Steps(model, [each.row.prompt for each in rows], slots=min(settings.batch_size, len(rows)))
    logits, choice = projection_of(model, wide=True), Choice(settings)
    batch: list[Asked] = []

    def done() -> Iterator[Found]:
        states, ends = _states(steps, batch)
        sums = _sums(batch, ends, states, logits)
        answers = _own_answers(batch, ends, states, choice, logits)
        for each, found, answer in zip(batch, sums, answers, strict=True):
            yield Found(each.row.numbers[0], found, answer)

    for row in rows:
        if batch and (
            len(batch) == steps.slots or sum(each.size(steps.prefix) for each in [*batch, row]) > MOST_TOKENS
        ):
            yield from done()
            batch = []
        batch.append(row)
    yield from done()


def _states(steps: Steps, batch: Sequence[Asked]) -> tuple[Tensor, list[int]]:
    """Run some prompts with their trees in one step; return its states, and where in it each prompt ends."""
    own = [len(each.row.prompt) - steps.prefix for each in batch]
    begins = [(each - 1) // MOST_TOKENS * MOST_TOKENS for each in own]
    steps.reserve(max(count + len(each.tree.tokens) for count, each in zip(own, batch, strict=True)))
    tokens: list[int] = []
    positions: list[int] = []
    ends: list[int] = []
    for slot, (begin, each) in enumerate(zip(begins, batch, strict=True)):
        prompt, tree = each.row.prompt, each.tree
        steps.feed(prompt[steps.prefix : steps.prefix + begin], slot=slot)
        tokens += [*prompt[steps.prefix + begin :], *tree.tokens]
        positions += [*range(steps.prefix + begin, len(prompt)), *(len(prompt) + depth for depth in tree.depths)]
        ends.append(len(positions) - len(tree.tokens) - 1)
    counts = [count - begin + len(each.tree.tokens) for count, begin, each in zip(own, begins, batch, strict=True)]
    group = steps.group(0, begins, counts)
    for slot, (count, begin, each) in enumerate(zip(own, begins, batch, strict=True)):
        inside = group.mask[slot, 0, count - begin : counts[slot], count : count + len(each.tree.tokens)]
        inside.masked_fill_(each.tree.hidden().to(inside.device), torch.finfo(inside.dtype).min)
    return steps.run(tokens, [group], torch.tensor(positions, device=group.mask.device)), ends


def _sums(
    batch: Sequence[Asked], ends: Sequence[int], states: Tensor, logits: Callable[[Tensor], Tensor]
) -> list[list[float]]:
    """Add up each answer's tokens."""
    wanted = [
        (end + 1 + node, token)
        for end, each in zip(ends, batch, strict=True)
        for way in each.tree.answers
        for node, token in way
    ]
    found = iter(_of_tokens(states, wanted, logits))
    return [[sum(next(found) for _ in way) for way in each.tree.answers] for each in batch]


def _own_answers(
    batch: Sequence[Asked], ends: Sequence[int], states: Tensor, choice: Choice, logits: Callable[[Tensor], Tensor]
) -> list[Answer | None]:
    """Let each row choose its tokens as in generation, as long as they are in its tree."""
    children = [each.tree.children() for each in batch]
    going = [(number, -1) for number in range(len(batch))]
    """Rows that have not ended, and the node that each has come to."""
    found: list[Answer | None] = [None] * len(batch)
    while going:
        there = torch.tensor([ends[number] + 1 + node for number, node in going], device=states.device)
        chosen = choice([batch[number].row for number, _ in going], logits(states[there]))
        further = []
        for (number, node), token in zip(going, chosen, strict=True):
            row = batch[number].row
            if not choice.goes_on(row, token):
                found[number] = next(row.answers())
            elif (node, token) in children[number]:
                further.append((number, children[number][node, token]))
        going = further
    return found


def _of_tokens(states: Tensor, wanted: Sequence[tuple[int, int]], logits: Callable[[Tensor], Tensor]) -> list[float]:
    """Return the log-probability of each token at its place in the states (T, width)."""
    places = sorted({place for place, _ in wanted})
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(places), PLACES):
        part = places[start : start + PLACES]
        beliefs = torch.log_softmax(logits(states[torch.tensor(part, device=states.device)]).float(), -1)  # (N, V)
        row_of = {place: row for row, place in enumerate(part)}
        here = sorted({each for each in wanted if each[0] in row_of})
        at = torch.tensor([[row_of[place], token] for place, token in here], device=beliefs.device).T
        found |= dict(zip(here, beliefs[at[0], at[1]].tolist(), strict=True))
    return [found[each] for each in wanted]


def _alone(model: PreTrainedModel, prompt: Sequence[int], answer: Sequence[int]) -> float:
    """One answer by itself, the whole sequence through the model: for families that local_keys.py does not take."""
    whole = model.get_base_model() if isinstance(model, PeftModel) else model
    last = {"logits_to_keep": len(answer)} if "logits_to_keep" in signature(whole.forward).parameters else {}
    ids = torch.tensor([[*prompt, *answer[:-1]]], device=model.device)
    logits: Tensor = whole(input_ids=ids, use_cache=False, **last).logits[0, -len(answer) :]
    beliefs = torch.log_softmax(logits.float(), -1)  # (tokens, vocabulary)
    return float(beliefs.gather(1, torch.tensor(answer, device=beliefs.device)[:, None]).sum())
