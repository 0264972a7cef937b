"""The README.md of a run's folder: a dataset card, by which `datasets.load_dataset(RUN)` reads it.

Its head is YAML as https://huggingface.co/docs/hub/datasets-manual-configuration has it.
"""

import json
from collections.abc import Mapping
from typing import Any

from manifests.statistics import KEPT, Funnel

CARD_FILE = "README.md"


def card(manifest: Mapping[str, Any]) -> str:
    """The card of a finished run; `corpus` is what is loaded unless `tokens` is asked for."""
    content = manifest["reproducible"]
    configs = ["- config_name: corpus", "  data_files: corpus/*.parquet", "  default: true"]
    if "shards" in content:
        configs += ["- config_name: tokens", "  data_files: shards/*.parquet"]
    kept = Funnel.from_json(content["stages"]["corpus"]["funnel"])
    languages = "\n".join(
        f"| {code} | {count.docs:,} | {count.text_bytes:,} |"
        for code, count in kept.by(KEPT, "language").items()
    )
    name = content["recipe"]["name"]
    head = "\n".join([f"pretty_name: {json.dumps(name)}", "configs:", *configs])
    return f"""---
{head}
---
# {name}

Made by winnow {content["winnow_version"]}; `manifest.json` has the recipe, what was read, and what
became of every record. Its `run_digest` is `{manifest["run_digest"]}`.

`corpus/` has {content["corpus"]["rows"]:,} documents with their final text:

```python
from datasets import load_dataset

corpus = load_dataset("path/of/this/folder", split="train", streaming=True)
```
{_TOKENS if "shards" in content else ""}
| language | documents | bytes of text |
| --- | ---: | ---: |
{languages}
"""


_TOKENS = """
`shards/` has the same documents as token ids, shuffled: `load_dataset("path", "tokens")`.
"""
