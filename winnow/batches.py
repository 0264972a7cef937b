"""Functions that decide on a column of texts what the stages of a run decide on documents."""

import difflib
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from winnow.texts import Texts, as_text, beside, in_slices, slice_at
from winnow.values import plain

# Imports of everything that takes time stand inside the functions: `import winnow` is cheap, and
# whoever wants one of them does not pay for the others (numba's kernels above all).
if TYPE_CHECKING:
    import pyarrow as pa

    from filters.language.identify import LanguageIdentifier

_KEY_BYTES = 64


def rules(
    texts: Texts,
    rules: str | Mapping[str, Any] = "gopher",
    *,
    languages: Texts | None = None,
    urls: Texts | None = None,
) -> "pa.Table":
    """Measure texts with quality rules, and say which ones these would drop and why.

    Args:
      texts: a null counts as an empty text.
      rules: a pack (`gopher`, `c4`, `fineweb-2024-04`, `refinedweb`, `fineweb-2`,
        `datatrove-0.10`), one rule with its published thresholds (`gopher_quality`), or a mapping
        as a recipe's `documents.rules` has it: thresholds by rule, or `published`. A threshold
        that is not listed is off; docs/rules.md has them all.
      languages: BCP 47 tags of the texts, as `winnow.language` gives them, for rules whose
        thresholds or words depend on the language. Where they are missing, a threshold by
        language has its `default`, or else does not apply.
      urls: addresses of the texts, for datatrove's filters that look at them.

    Returns:
      One row for each text, in order: `kept` (bool); `reason` (string, the first check that
      failed; null if kept) and `reasons` (list of string, all of them); every value that the rules
      measured, `<rule>.<measure>` (int64 or float64), also where no threshold looks at it; `text`
      (large_string), the text after rules that rewrite (packs `c4` and `refinedweb` take lines
      out), the same as before if none did. Sizes are in characters unless a name says otherwise,
      ratios from 0 to 1.

    Raises:
      TypeError: texts, languages or urls are no column of texts.
      ValueError: unknown rules, thresholds or pack (the message tells all of them, with the nearest
        known ones), or columns of different lengths.

    Cost: 10 to 100 MB of text a second on one core, by the rules; docs/benchmarks.md has figures.

    Source: `winnow rules NAME` names paper or code of each rule and every known difference.

    >>> import winnow
    >>> texts = ["short", "The fox and the hen have to be with that dog of the farm. " * 12, None]
    >>> judged = winnow.rules(texts, {"gopher_quality": {"min_words": 50, "min_stop_words": 2}})
    >>> judged["kept"].to_pylist()
    [False, True, False]
    >>> judged["reasons"].to_pylist()[0]
    ['gopher_quality.too_few_words', 'gopher_quality.too_few_stop_words']
    >>> judged["gopher_quality.words"].to_pylist()
    [1, 168, 0]
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from filters.rules.apply import apply_rules

    wanted = _rules_of(rules)
    text = as_text(texts)
    codes, addresses = beside(languages, "languages", text), beside(urls, "urls", text)

    def judge(start: int) -> pa.RecordBatch:
        found = apply_rules(
            slice_at(text, start),
            wanted,
            urls=slice_at(addresses, start),
            languages=slice_at(codes, start),
        )
        first = {"kept": pc.is_null(found.reason), "reason": found.reason, "reasons": found.reasons}
        measured = dict(zip(found.measures.schema.names, found.measures.columns, strict=True))
        return pa.RecordBatch.from_pydict({**first, **measured, "text": found.text})

    return pa.Table.from_batches(in_slices(judge, len(text)))


def language(texts: Texts, model: str = "lid.176.ftz") -> "pa.Table":
    """Identify the language of each text.

    Args:
      texts: a null, and a text without a word, is `und` (undetermined) with score 0.
      model: `winnow-1`, which knows 1,650 languages; `lid.176.ftz`, fastText's own of 176; `cld2`
        (with pycld2); or the path of a fastText .bin or .ftz file. It is loaded once and kept.

    Returns:
      One row for each text, in order: `language` (string, a BCP 47 tag) and `language_label` (the
      model's own; null for `und`), `language_score` (float32, from 0 to 1, of fastText's models a
      probability), and the same of the second best: `language_second` (null where there is none)
      and `language_second_score`.

    Raises:
      TypeError: texts are no column of texts.
      FileNotFoundError: no such model.
      ValueError: the file is no supervised fastText model.

    Cost: tens of MB of text a second on one core with `lid.176.ftz`, and far less with models that
    have word n-grams; docs/benchmarks.md has figures.

    Source: Joulin et al. 2016, https://arxiv.org/abs/1607.01759, and the model's own page.

    >>> import winnow
    >>> found = winnow.language(["Der Hund schläft im Garten.", "The dog sleeps.", None])
    >>> found["language"].to_pylist()
    ['de', 'en', 'und']
    """
    import pyarrow as pa

    text = as_text(texts)
    identifier = _identifier(model)
    batches = in_slices(lambda start: identifier.identify(slice_at(text, start)), len(text))
    return pa.Table.from_batches(batches)


def redact(
    texts: Texts,
    kinds: Sequence[str] = ("email", "ip"),
    *,
    replace: Literal["tag", "stand_in"] = "tag",
    languages: Texts | None = None,
    key: str | bytes = "winnow",
) -> "pa.Table":
    """Replace personal data in texts, and count it.

    Args:
      texts: a null stays null.
      kinds: of `email`, `ip`, `phone`, `credit_card`, `iban`, `us_ssn`, `national_id`, `mac`,
        `crypto`, `api_key`, `private_key` and `url_credentials`; docs/personal-data.md says what
        each takes in.
      replace: `tag` writes `<EMAIL>`, `<IP>` and so on; `stand_in` a made-up value of the kind that
        belongs to nobody, the same one for the same value and key.
      languages: BCP 47 tags of the texts; they say in which countries' forms telephone numbers
        are looked for. Without them only international numbers are found, and those that a word
        such as "phone" announces.
      key: of the hash that stand-ins come from, str or bytes, up to 64 bytes; keep it to yourself,
        or values can be guessed back.

    Returns:
      One row for each text, in order: `text` (large_string); `pii_<kind>` (int32), how many there
      were; `redactions` (list of kind, start, end), where the replacements stand in the new text,
      in characters. Redacting twice changes nothing.

    Raises:
      TypeError: texts or languages are no column of texts, or kinds or key are of another type.
      ValueError: unknown kind (the message names the nearest known one) or replacement, a key of
        more than 64 bytes, or columns of different lengths.

    Cost: 50 MB of text a second or more on one core, by the kinds, where there is little to find;
    docs/benchmarks.md has figures.

    >>> import winnow
    >>> done = winnow.redact(["Write to jane.doe@mail.test, or to 8.8.8.8.", None])
    >>> done["text"].to_pylist()
    ['Write to <EMAIL>, or to <IP>.', None]
    >>> done["pii_email"].to_pylist()
    [1, 0]
    """
    import pyarrow as pa

    from filters import pii

    text = as_text(texts)
    codes = beside(languages, "languages", text)
    wanted = _kinds_of(kinds)
    secret = _secret_of(key)

    def redacted(start: int) -> pa.RecordBatch:
        new, counts = pii.redact(
            slice_at(text, start), wanted, replace, secret, slice_at(codes, start)
        )
        columns = dict(zip(counts.schema.names, counts.columns, strict=True))
        return pa.RecordBatch.from_pydict({"text": new, **columns})

    return pa.Table.from_batches(in_slices(redacted, len(text)))


def _rules_of(rules: str | Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's rules: packs and `published` written out, all of it checked."""
    from filters.rules.registry import PACKS, RULES, faults, pack_rules, written_out

    if isinstance(rules, str):
        found: dict[str, Any] = {rules: "published"} if rules in RULES else pack_rules(rules)
    elif isinstance(rules, Mapping):
        found = plain(rules)
    else:
        packs = ", ".join(PACKS)
        raise TypeError(
            f"rules is {type(rules).__name__}, but must be the name of a pack ({packs}) or rule, "
            "or a mapping of thresholds by rule"
        )
    found = written_out(found)
    if wrong := [what for _, what in faults(found)]:
        raise ValueError("\n".join(wrong))
    return found


def _kinds_of(kinds: Sequence[str]) -> list[str]:
    """Kinds of personal data, all of them known."""
    from filters.pii import KINDS

    told = f"give a list of {', '.join(KINDS)}"
    try:
        wanted = [kinds] if isinstance(kinds, str) else list(kinds)
    except TypeError:
        raise TypeError(f"kinds is {type(kinds).__name__}; {told}") from None
    wrong = []
    for i, kind in enumerate(wanted):
        if not isinstance(kind, str):
            raise TypeError(f"kinds[{i}] is {type(kind).__name__}; {told}")
        if kind not in KINDS:
            near = difflib.get_close_matches(kind, KINDS, n=1, cutoff=0)
            wrong.append(f"unknown PII kind {kind!r}; did you mean {near[0]!r}?")
    if wrong:
        raise ValueError("\n".join([*wrong, f"Known: {', '.join(KINDS)}"]))
    return wanted


def _secret_of(key: str | bytes) -> bytes:
    """The key of a hash as bytes, of which BLAKE2 takes 64."""
    if not isinstance(key, (str, bytes)):
        raise TypeError(f"key is {type(key).__name__}, but must be str or bytes")
    secret = key.encode() if isinstance(key, str) else key
    if len(secret) > _KEY_BYTES:
        raise ValueError(f"key has {len(secret)} bytes, but may have {_KEY_BYTES} at most")
    return secret


@functools.cache
def _identifier(model: str) -> "LanguageIdentifier":
    from filters.language.identify import LanguageIdentifier

    return LanguageIdentifier(model)
