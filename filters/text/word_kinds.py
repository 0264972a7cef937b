"""What a rule may take for words, by name: `filters.text.words` cuts them.

Apart from that module since a recipe names words without cutting any.
"""

WHITESPACE, UNICODE, SCRIPT = "whitespace", "unicode", "script"
SPACY_ENGLISH, MULTILINGUAL = "spacy-en", "multilingual"
WORD_KINDS = {
    WHITESPACE: "runs of characters between white space, as str.split",
    UNICODE: "what Unicode's default word boundaries (UAX #29) part, punctuation too",
    SCRIPT: "the same, with dictionaries of Thai, Lao, Khmer, Burmese, Chinese and Japanese (ICU)",
    SPACY_ENGLISH: "tokens of spaCy's blank English tokenizer, which are datatrove's English words",
    MULTILINGUAL: "the same, with the words of `script` in scripts that part none by spaces, and "
    "syllables of Tibetan",
}
