"""Packs that are winnow's own rules with the thresholds of a paper or of another corpus."""

from filters.rules.gopher import GOPHER_QUALITY, GOPHER_REPETITION
from filters.rules.refinedweb import REFINEDWEB_LINES
from filters.rules.thresholds import Pack

GOPHER = Pack(
    name="gopher",
    source="Rae et al. 2021, arXiv 2112.11446, appendix A.1.1 and table A1 (MassiveText)",
    differs=(
        "Words are runs of characters between white space. Where the paper is silent the rules do "
        "as datatrove 0.10.1: duplicate n-grams are counted from left to right and stepped over "
        "whole, top n-grams are counted where they overlap, and repeated lines are those after "
        "the first."
    ),
    rules=(GOPHER_REPETITION, GOPHER_QUALITY),
    recipe={
        GOPHER_QUALITY.name: GOPHER_QUALITY.published,
        GOPHER_REPETITION.name: GOPHER_REPETITION.published,
    },
)

_QUALITY = {
    key: value
    for key, value in GOPHER_QUALITY.published.items()
    if key != "max_ellipsis_word_ratio"
}

REFINEDWEB = Pack(
    name="refinedweb",
    source=(
        "Penedo et al. 2023, arXiv 2306.01116, as in mlfoundations/dclm at c0b0f6c, "
        "baselines/baselines_configs/dclm_baseline_refinedweb.yaml: Gopher's rules, then "
        "corrections of lines"
    ),
    differs=(
        "Gopher's rules are winnow's: DCLM counts every member of a group of equal lines, n-grams "
        "of words by a tokenizer of its own and every occurrence of a stop word. URLs are judged "
        "by their own step, and URLs inside texts stay."
    ),
    rules=(REFINEDWEB_LINES,),
    recipe={
        GOPHER_QUALITY.name: _QUALITY,
        GOPHER_REPETITION.name: GOPHER_REPETITION.published,
        REFINEDWEB_LINES.name: REFINEDWEB_LINES.published,
    },
)
