"""How much each language counts when merges are learnt: by its content, not by its bytes.

A Burmese text needs 3.5 times the bytes of its English translation. Balanced by bytes, a language
of a three-byte script would get a third of the content of a Latin one. So a language's bytes are
divided by its byte premium, the bytes that it needs for what English says in one.

Source: premiums are ratios of UTF-8 bytes over the 997 parallel sentences of FLORES-200 dev (NLLB
Team 2022, CC BY-SA 4.0); the term is that of Arnett et al. 2024, "A bit of a problem: measurement
disparities in dataset sizes across languages".
"""

import csv
import decimal
import functools
from collections.abc import Mapping, Sequence
from importlib import resources

import pyarrow as pa

# The weight 1 of a language. Weights are whole numbers, so that weighted counts stay exact.
WEIGHT_SCALE = 1024
# A language with less text than this is not counted more than once, whatever the balance: of the
# labels that have so little, most are wrong.
LEAST_BYTES, LEAST_DOCUMENTS = 1 << 20, 200

LANGUAGES = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),  # those that may be learnt from
        pa.field("bytes", pa.int64(), nullable=False),  # their UTF-8 bytes
        pa.field("sampled", pa.float64(), nullable=False),  # the share of them that was counted
        pa.field("byte_premium", pa.float64(), nullable=False),
        pa.field("weight", pa.int64(), nullable=False),  # of each count; 1024 is once
    ]
)


@functools.cache
def _premiums() -> tuple[dict[str, float], dict[str, float]]:
    """By language, and the means by script."""
    file = resources.files(__package__).joinpath("byte_premiums.csv")
    languages, scripts = {}, dict[str, list[float]]()
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        languages[row["language"]] = float(row["premium"])
        scripts.setdefault(row["script"], []).append(float(row["premium"]))
    return languages, {script: sum(all_) / len(all_) for script, all_ in scripts.items()}


def byte_premium(language: str, scripts: Sequence[str] = ()) -> float:
    """Bytes that a language needs for what English says in one.

    Args:
      language: a BCP 47 tag.
      scripts: those that it is written in, such as "Devanagari"; of a language that FLORES-200
        lacks, the mean of the first of them is taken, and 1 where that is not known either.
    """
    languages, means = _premiums()
    known = languages.get(language)
    return known if known is not None else next((means[s] for s in scripts if s in means), 1.0)


def languages_table(
    sizes: Mapping[str, tuple[int, int]],
    premiums: Mapping[str, float],
    alpha: float,
    fixed: Mapping[str, float],
    rates: Mapping[str, float] | None = None,
) -> pa.Table:
    """What each language counts in training: a row of `LANGUAGES` for each, sorted.

    Args:
      sizes: documents and bytes of each language; those with too few of either are not boosted.
      premiums: the byte premium of each.
      alpha: of `language_weights`.
      fixed: factors that are given, in place of weights.
      rates: the share of each that is counted; None is all.
    """
    shares = {language: (rates or {}).get(language, 1.0) for language in sizes}
    few = frozenset(language for language, (n, size) in sizes.items() if not _is_much(n, size))
    counted = {language: round(size * shares[language]) for language, (_, size) in sizes.items()}
    weights = language_weights(counted, alpha, premiums, few)
    for language, factor in fixed.items():
        weights[language] = max(1, round(factor * WEIGHT_SCALE))
    names = sorted(sizes)
    columns = [
        names,
        [sizes[language][0] for language in names],
        [sizes[language][1] for language in names],
        [shares[language] for language in names],
        [premiums[language] for language in names],
        [weights[language] for language in names],
    ]
    return pa.table(columns, schema=LANGUAGES)


def weights_of(languages: pa.Table) -> dict[str, int]:
    """The weight of each language of a table of `LANGUAGES`."""
    return {row["language"]: row["weight"] for row in languages.to_pylist()}


def trusted(languages: pa.Table) -> list[str]:
    """The languages of a table of `LANGUAGES` with enough text to be boosted."""
    rows = languages.select(["language", "documents", "bytes"]).to_pylist()
    return [row["language"] for row in rows if _is_much(row["documents"], row["bytes"])]


def _is_much(documents: int, size: int) -> bool:
    return documents >= LEAST_DOCUMENTS and size >= LEAST_BYTES


def language_weights(
    bytes_by_language: Mapping[str, int],
    alpha: float,
    premiums: Mapping[str, float] | None = None,
    unboosted: frozenset[str] = frozenset(),
) -> dict[str, int]:
    """Whole-number weights that make each language's share of content its (content) ** alpha.

    Content is bytes / premium. The language with most content weighs `WEIGHT_SCALE`, others in
    proportion to (content / most) ** (alpha - 1), rounded to the nearest integer: within 0.05 % of
    the exact weight. alpha 1 leaves shares as they are, 0 makes them equal; 0.3 is usual
    (temperature sampling of XLM-R, Conneau et al. 2020, section 3.1, applied to counts instead of
    draws).

    They are computed in decimal arithmetic with 50 digits, since `pow` differs between machines.

    Args:
      premiums: of each language; None is 1 for all, which balances bytes.
      unboosted: languages that weigh `WEIGHT_SCALE` and with which no other is compared.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}; it must be from 0 (equal shares) to 1 (as they are)")
    weights = dict.fromkeys(sorted(bytes_by_language), WEIGHT_SCALE)
    with decimal.localcontext(decimal.Context(prec=50)):
        content = {
            language: size / decimal.Decimal(repr((premiums or {}).get(language, 1.0)))
            for language, size in bytes_by_language.items()
            if size > 0 and language not in unboosted
        }
        most = max(content.values(), default=decimal.Decimal(1))
        exponent = 1 - decimal.Decimal(repr(alpha))
        for language, size in content.items():
            weight = ((most / size).ln() * exponent).exp() * WEIGHT_SCALE
            weights[language] = int(weight + decimal.Decimal("0.5"))
    return weights
