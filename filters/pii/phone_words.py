"""Words that announce a telephone number, in a hundred languages: phone_words.csv.

The table is ours, written from what contact pages say. Words for "number" alone are not in it: they
announce numbers of orders, too. A word counts in a text of any language, since the language of a
page of addresses is often told wrongly; the word's own language says where its number may belong.
"""

import csv
import functools
import importlib.resources

from filters.pii.announcements import Announcements
from filters.pii.regions import BY_LANGUAGE, Regions

# Signs that are no words.
SIGNS = "☎☏✆📞📱📲℡🕿🖀"


@functools.cache
def words() -> dict[str, tuple[str, ...]]:
    """Words in lower case by language (BCP 47); `*` at the end is any ending."""
    table = importlib.resources.files(__package__) / "phone_words.csv"
    with table.open(encoding="utf-8") as lines:
        return {
            row["language"]: tuple(word.strip().lower() for word in row["words"].split(","))
            for row in csv.DictReader(lines)
        }


@functools.cache
def announcements() -> Announcements:
    return Announcements({word for some in words().values() for word in some} | set(SIGNS))


@functools.cache
def regions_of_word(word: str) -> Regions:
    """Regions of the languages that announce a number by this word of the table."""
    bare = word.rstrip("*.")
    spoken = (
        language
        for language, some in words().items()
        if any(
            bare == known.rstrip("*.") or (known.endswith("*") and bare.startswith(known[:-1]))
            for known in some
        )
    )
    return tuple(dict.fromkeys(r for language in spoken for r in BY_LANGUAGE.get(language, ())))
