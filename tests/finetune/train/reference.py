"""The plain way to train, against which every fast path is measured: one padded row for each example, transformers' own
attention, the loss written out, all of the batch at once.

    losses, weights = plain_training(model, batches, learning_rates)

*Not here:* the fast way (lfine.finetune.train).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lfine.finetune.compile.lengths import EncodedExample


def plain_loss(
    model: nn.Module, batch: Sequence[EncodedExample], prompt_weight: float = 0.0, smoothing: float = 0.0
) -> Tensor:
    """Mean cross-entropy over the learned tokens, token by token from explicit log-probabilities.

    A prompt token counts `prompt_weight`; of a target, the share `smoothing` is spread evenly over the vocabulary.
    """
    longest = max(row.length for row in batch)
    ids = torch.full((len(batch), longest), 2)
    mask = torch.zeros((len(batch), longest), dtype=torch.long)
    for number, row in enumerate(batch):
        ids[number, : row.length] = torch.tensor([*row.prompt_ids, *row.completion_ids])
        mask[number, : row.length] = 1
    log_probabilities = torch.log_softmax(model(input_ids=ids, attention_mask=mask).logits.float(), -1)
    losses, weights = [], []
    for number, row in enumerate(batch):
        for place in range(1, row.length):
            answer = place - len(row.prompt_ids)
            taught = row.learned is None or answer < 0 or row.learned[answer]
            weight = (prompt_weight if answer < 0 else 1.0) if taught else 0.0
            there = log_probabilities[number, place - 1]
            losses.append(-weight * ((1 - smoothing) * there[ids[number, place]] + smoothing * there.mean()))
            weights.append(weight)
    return torch.stack(losses).sum() / sum(weights)


def plain_training(
    model: nn.Module, batches: Sequence[Sequence[EncodedExample]], rates: Sequence[float], max_norm: float
) -> tuple[list[float], dict[str, Tensor]]:
    """Train with AdamW without weight decay; return each update's loss and the trained weights."""
    parameters = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=rates[0], betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses = []
    for batch, rate in zip(batches, rates, strict=True):
        loss = plain_loss(model, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, max_norm)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses, {name: value.detach().clone() for name, value in model.named_parameters() if value.requires_grad}
