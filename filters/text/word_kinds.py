"""What a rule may take for words, by name: `filters.text.words` cuts them.

Apart from that module since a recipe names words without cutting any.
"""

import importlib.util

WHITESPACE, UNICODE, SCRIPT, SPACY_ENGLISH = "whitespace", "unicode", "script", "spacy-en"
WORD_KINDS = {
    WHITESPACE: "runs of characters between white space, as str.split",
    UNICODE: "what Unicode's default word boundaries (UAX #29) part, punctuation too",
    SCRIPT: "the same, with dictionaries of Thai, Lao, Khmer, Burmese, Chinese and Japanese (ICU)",
    SPACY_ENGLISH: "tokens of spaCy's blank English tokenizer, which are datatrove's English words",
}

INSTALL_ICU = "pip install 'winnow-corpus[words]'"


def has_icu() -> bool:
    """Whether the library that `script` needs is installed."""
    return importlib.util.find_spec("icu4py") is not None
