"""Batches for PyTorch, which is imported when it is asked for."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from shards.batches import Batch, Batches


def torch_dataset(batches: Batches) -> Any:
    """A `torch.utils.data.IterableDataset` of whole batches: `DataLoader(it, batch_size=None)`.

    A batch is a dict: `input_ids`, `position_ids` and `document_ids`, int64 [rows, length];
    `cu_seqlens`, int32 [documents + 1]; and `state`. The loader's workers take batches in turn, so
    that their order does not depend on how many there are.

    Raises:
      ImportError: torch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise ImportError("PyTorch is not installed: pip install 'winnow-corpus[torch]'") from None
    from torch.utils.data import IterableDataset, get_worker_info

    class TokenBatches(IterableDataset):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            info = get_worker_info()
            own = batches if info is None else batches.of_worker(info.id, info.num_workers)
            for batch in own:
                yield {name: torch.from_numpy(value) for name, value in arrays(batch).items()} | {
                    "state": batch.state
                }

        def __len__(self) -> int:
            return len(batches)

        def __reduce__(self) -> tuple[Any, ...]:
            return torch_dataset, (batches,)  # workers may be started, not forked

    return TokenBatches()


def arrays(batch: Batch) -> dict[str, np.ndarray[Any, Any]]:
    """What models take of a batch, in types that PyTorch indexes with."""
    return {
        "input_ids": batch.input_ids.astype(np.int64),
        "position_ids": batch.position_ids,
        "document_ids": batch.document_ids,
        "cu_seqlens": batch.cu_seqlens.astype(np.int32),
    }
