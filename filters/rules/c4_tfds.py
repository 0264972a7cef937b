"""The pack `c4`: C4's rules as TensorFlow Datasets made the corpus.

It differs from datatrove's version, which `filters.rules.c4` declares, in two things that no
threshold says: a single quotation mark is no end mark, and words are counted once citations are cut
out.
"""

import dataclasses

from filters.rules.c4 import C4_QUALITY
from filters.rules.thresholds import Pack

_PUBLISHED = {"min_line_words": 5, "min_sentences": 3}

C4_TFDS_QUALITY = dataclasses.replace(
    C4_QUALITY,
    name="c4_tfds_quality",
    source=(
        "Raffel et al. 2020, JMLR 21(140), section 2.2, as in tensorflow/datasets at 0560e68, "
        "text/c4_utils.py, clean_page"
    ),
    differs=(
        "Sentences are counted by marks that end one in any script, not by NLTK's punkt: "
        "abbreviations count as ends. A page is read to its end, where the original stops at the "
        "first line that drops it; all thresholds are checked. Bad words are the rule `bad_words`. "
        "Duplicate lines between pages are not removed."
    ),
    thresholds=tuple(
        dataclasses.replace(t, published=_PUBLISHED.get(t.key, t.published))
        for t in C4_QUALITY.thresholds
    ),
    measured_by="c4_tfds.measure_as_tfds",
)

C4 = Pack(
    name="c4",
    source="tensorflow/datasets at 0560e68, text/c4_utils.py, with its default arguments",
    differs=(
        "Bad words want a list: add the rule `bad_words`. Language is identified by "
        "`documents.language`, not by langdetect at .99. Pages of over 190,000 characters stay."
    ),
    rules=(C4_TFDS_QUALITY,),
    recipe={C4_TFDS_QUALITY.name: C4_TFDS_QUALITY.published},
)
