"""How probable a model finds given answers: each label of a closed set, the gold answer.

    for number, logarithms in log_probabilities(model, prompts, [[(504, 2), (811, 17, 2)], …], settings):
        logarithms[1]           # of the second answer to prompts[number]: the sum over its tokens

The answers to a prompt are a tree: what two of them begin with is run once. Prompt and tree are one sequence of one
step (local_steps.py), in which a token of the tree sees the prompt and the tokens that lead to it. The last token of an
answer is predicted and never run.

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

from lfine.finetune.generate.local_keys import attending
from lfine.finetune.generate.local_rows import GenerationSettings, packed_part
from lfine.finetune.generate.local_steps import MOST_TOKENS, Steps
from lfine.finetune.models.parts import projection_of

PLACES = 256
"""Positions projected onto the vocabulary at once."""
Answers = Sequence[Sequence[int]]


@torch.inference_mode()
def log_probabilities(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], answers: Sequence[Answers], settings: GenerationSettings
) -> Iterator[tuple[int, list[float]]]:
    """Yield the place of each prompt once, with the log-probability of each of its answers (not empty)."""
    order = sorted(range(len(prompts)), key=lambda place: (len(prompts[place]), place))
    longest = [len(prompt) + max(map(len, each), default=0) for prompt, each in zip(prompts, answers, strict=True)]
    packed, others = packed_part(order, longest, settings)
    if packed:
        with attending(model):
            yield from _packed(model, [(place, prompts[place], Tree.of(answers[place])) for place in packed], settings)
    for place in others:
        yield place, [_alone(model, prompts[place], answer) for answer in answers[place]]


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

    def hidden(self) -> Tensor:
        """Return (N, N): True where a node does not follow from another, nor is it."""
        seen = torch.eye(len(self.tokens), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                seen[node] |= seen[parent]
        return ~seen


Row = tuple[int, Sequence[int], Tree]


def _packed(
    model: PreTrainedModel, rows: Sequence[Row], settings: GenerationSettings
) -> Iterator[tuple[int, list[float]]]:
    steps = Steps(model, [prompt for _, prompt, _ in rows], slots=min(settings.batch_size, len(rows)))
    logits = projection_of(model)
    batch: list[Row] = []
    for row in rows:
        if batch and (
            len(batch) == steps.slots or sum(_size(each, steps.prefix) for each in [*batch, row]) > MOST_TOKENS
        ):
            yield from _batch(steps, batch, logits)
            batch = []
        batch.append(row)
    yield from _batch(steps, batch, logits)


def _size(row: Row, prefix: int) -> int:
    return (len(row[1]) - prefix - 1) % MOST_TOKENS + 1 + len(row[2].tokens)


def _batch(steps: Steps, batch: Sequence[Row], logits: Callable[[Tensor], Tensor]) -> Iterator[tuple[int, list[float]]]:
    """Run some prompts with their trees in one step, and add up each answer's tokens."""
    own = [len(prompt) - steps.prefix for _, prompt, _ in batch]
    begins = [(each - 1) // MOST_TOKENS * MOST_TOKENS for each in own]
    steps.reserve(max(each + len(tree.tokens) for each, (_, _, tree) in zip(own, batch, strict=True)))
    tokens: list[int] = []
    positions: list[int] = []
    ends: list[int] = []
    """Place in the step of the last token of each prompt; its tree follows."""
    for slot, (begin, (_, prompt, tree)) in enumerate(zip(begins, batch, strict=True)):
        steps.feed(prompt[steps.prefix : steps.prefix + begin], slot=slot)
        tokens += [*prompt[steps.prefix + begin :], *tree.tokens]
        positions += [*range(steps.prefix + begin, len(prompt)), *(len(prompt) + depth for depth in tree.depths)]
        ends.append(len(positions) - len(tree.tokens) - 1)
    counts = [each - begin + len(tree.tokens) for each, begin, (_, _, tree) in zip(own, begins, batch, strict=True)]
    group = steps.group(0, begins, counts)
    for slot, (each, begin, (_, _, tree)) in enumerate(zip(own, begins, batch, strict=True)):
        inside = group.mask[slot, 0, each - begin : counts[slot], each : each + len(tree.tokens)]
        inside.masked_fill_(tree.hidden().to(inside.device), torch.finfo(inside.dtype).min)
    states = steps.run(tokens, [group], torch.tensor(positions, device=group.mask.device))
    wanted = [
        (end + 1 + node, token)
        for end, (_, _, tree) in zip(ends, batch, strict=True)
        for way in tree.answers
        for node, token in way
    ]
    found = iter(_of_tokens(states, wanted, logits))
    for place, _, tree in batch:
        yield place, [sum(next(found) for _ in way) for way in tree.answers]


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
