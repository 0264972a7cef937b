"""Trains a tiny language model on shards, with NumPy alone, and shows the loss going down.

    python examples/train.py RUN [--length 128] [--steps 150] [--state state.json]

RUN is the folder of a run, such as runs/demo, or one that `winnow pack` wrote. The model predicts a
token from the one before it: each token has an embedding, and a matrix turns it into scores of all
tokens. With --state the loop goes on where an earlier one stopped.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import winnow


class Bigrams:
    """Scores of the next token: embedding of this one times a matrix; trained by Adam."""

    def __init__(self, vocab_size: int, width: int = 32) -> None:
        rng = np.random.default_rng(0)
        self.weights = [
            rng.normal(0, 0.1, (vocab_size, width)).astype(np.float32),
            np.zeros((width, vocab_size), np.float32),
        ]
        self.moments = [(np.zeros_like(w), np.zeros_like(w)) for w in self.weights]
        self.steps = 0

    def step(self, before: np.ndarray, after: np.ndarray, rate: float) -> float:
        """Learns from pairs of tokens; the loss before that, in nats a token."""
        embedding, matrix = self.weights
        hidden = embedding[before]
        scores = hidden @ matrix
        scores -= scores.max(1, keepdims=True)
        shares = np.exp(scores)
        shares /= shares.sum(1, keepdims=True)
        loss = -np.log(shares[np.arange(len(after)), after]).mean()
        shares[np.arange(len(after)), after] -= 1
        shares /= len(after)
        of_embedding = np.zeros_like(embedding)
        np.add.at(of_embedding, before, shares @ matrix.T)
        self._adam([of_embedding, hidden.T @ shares], rate)
        return float(loss)

    def _adam(self, gradients: list[np.ndarray], rate: float) -> None:
        self.steps += 1
        for weight, gradient, (mean, square) in zip(
            self.weights, gradients, self.moments, strict=True
        ):
            mean += 0.1 * (gradient - mean)
            square += 0.01 * (gradient**2 - square)
            unbiased = mean / (1 - 0.9**self.steps), square / (1 - 0.99**self.steps)
            weight -= rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)


def pairs(batch) -> tuple[np.ndarray, np.ndarray]:
    """Neighbouring tokens of one document; what rows are filled up with is in none."""
    ids, documents = batch.input_ids, batch.document_ids
    together = (documents[:, 1:] == documents[:, :-1]) & (documents[:, 1:] >= 0)
    return ids[:, :-1][together], ids[:, 1:][together]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run")
    parser.add_argument("--length", type=int, help="tokens of a row")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch-rows", type=int, default=8)
    parser.add_argument("--state", type=Path, help="where the state of the loop is kept")
    options = parser.parse_args()
    shards = winnow.TokenShards(options.run, options.length)
    model = Bigrams(shards.facts["vocab_size"])
    state = (
        json.loads(options.state.read_text()) if options.state and options.state.exists() else None
    )
    epoch = state["epoch"] if state else 0
    step, losses = 0, []
    while step < options.steps:
        for batch in shards.of_epoch(epoch).batches(options.batch_rows, state=state):
            losses.append(model.step(*pairs(batch), rate=0.02))
            state, step = batch.state, step + 1
            if step % 25 == 0:
                print(f"step {step}: loss {np.mean(losses[-25:]):.3f}")
            if step == options.steps:
                break
        else:
            epoch, state = epoch + 1, None
            if not len(shards.of_epoch(epoch).batches(options.batch_rows)):
                raise SystemExit(f"{options.run} has no batch of {options.batch_rows} rows")
    if options.state:
        options.state.write_text(json.dumps(state))


if __name__ == "__main__":
    main()
