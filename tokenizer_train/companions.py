"""The files beside a tokenizer.json by which Hugging Face's transformers loads it.

`AutoTokenizer.from_pretrained(folder)` then gives the ids that winnow gives: no token is added, and
a text that spells a special token stays text (`split_special_tokens`).
"""

import json

CONFIG_FILE = "tokenizer_config.json"
SPECIAL_TOKENS_FILE = "special_tokens_map.json"


def companions(eos_token: str) -> dict[str, bytes]:
    """Content of the files by name, the same bytes each time."""
    config = {
        "add_bos_token": False,
        "add_eos_token": False,
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "eos_token": eos_token,
        "split_special_tokens": True,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    return {
        CONFIG_FILE: _json(config),
        SPECIAL_TOKENS_FILE: _json({"eos_token": eos_token}),
    }


def _json(content: dict[str, object]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
