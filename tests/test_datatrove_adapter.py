"""datatrove's filters run as they are, whatever a document or a batch does."""

import logging

import pyarrow as pa
import pytest
from datatrove import io
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    unigram_log_probs,
)
from datatrove.pipeline.formatters import PIIFormatter, SymbolLinesFormatter

from filters.rules import datatrove_adapter, registry
from filters.rules.apply import apply_rules

PROSE = "The quick brown fox and the lazy dog have met with a friend of the bear. "
BATCH = (
    "",
    "  \n",
    "短い文。",
    PROSE * 2,
    PROSE * 30,
    f"menu\n{PROSE}\nIt was late. They slept! Did they? Yes. No.\n" * 3,
    "\n".join(
        f"Line {i} of the text, and it is to have its own words with {i * 7}." for i in range(40)
    ),
)


def texts(*values):
    return pa.array(values, pa.large_string())


def apply(entries, given=BATCH, **metadata):
    return apply_rules(texts(*given), {"datatrove": entries}, **metadata)


@pytest.mark.parametrize(
    "filter_class",
    [C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter],
)
def test_verdict_and_text_are_those_of_the_filter_itself(filter_class):
    step = filter_class()
    verdicts = apply([{"filter": filter_class.__name__}])
    kept = 0
    for text, reason, ours in zip(
        BATCH, verdicts.reason.to_pylist(), verdicts.text.to_pylist(), strict=True
    ):
        document = Document(text, "id")
        result = step.filter(document)
        if result is True:
            assert reason is None
            assert ours == document.text
            kept += 1
        else:
            assert reason == f"datatrove.{filter_class.__name__}.{result[1]}"
            assert ours == text
    assert kept, "the batch exercises too little"


def test_filters_follow_each_other_and_other_rules():
    recipe = {
        "datatrove": [
            {"filter": "C4QualityFilter", "args": {"min_num_sentences": 1}},
            {"filter": "RegexFilter", "args": {"regex_exp": "menu"}},
        ],
        "gopher_quality": {"max_words": 3},
    }
    given = texts("menu\nOne two three.", "One two three.\nmenu four five six", "menu menu")
    verdicts = apply_rules(given, recipe)
    assert verdicts.reasons.to_pylist() == [
        [],
        [],
        ["datatrove.C4QualityFilter.too_few_sentences", "datatrove.RegexFilter.dropped"],
    ]
    assert verdicts.text.to_pylist() == ["One two three.", "One two three.", "menu menu"]
    assert verdicts.measures.schema == registry.measures_schema(recipe)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the mean of nothing
def test_one_documents_failure_is_its_reason_and_stops_nothing(caplog):
    # Without a minimum of words the filter divides by their number.
    entry = {"filter": "GopherQualityFilter", "args": {"min_doc_words": None}}
    with caplog.at_level(logging.WARNING):
        verdicts = apply([entry], given=("", PROSE, "\n"))
    error = "datatrove.GopherQualityFilter.error"
    assert verdicts.reason.to_pylist() == [error, None, error]
    assert "ZeroDivisionError on 2 documents" in caplog.text


def test_language_and_url_reach_the_filter(monkeypatch):
    seen = []

    def look(self, document):
        seen.append(document.metadata)
        return True

    monkeypatch.setattr(FineWebQualityFilter, "filter", look)
    apply(
        [{"filter": "FineWebQualityFilter"}],
        given=("a", "b"),
        urls=pa.array(["https://example.org/", None]),
        languages=pa.array(["en", "my"]),
    )
    assert seen == [{"url": "https://example.org/", "language": "en"}, {"language": "my"}]


def test_random_filters_depend_on_text_and_seed_alone():
    given = [f"document {i}" for i in range(400)]
    entry = {"filter": "SamplerFilter", "args": {"rate": 0.5, "seed": 3}}

    def kept(documents, entry=entry):
        return apply([entry], given=documents).reason.is_null().to_pylist()

    whole = kept(given)
    assert 150 < sum(whole) < 250
    assert kept(given[:7]) + kept(given[7:]) == whole
    assert kept(given[::-1]) == whole[::-1]
    assert kept(given, {"filter": "SamplerFilter", "args": {"rate": 0.5, "seed": 4}}) != whole


def test_empty_and_sliced_batches():
    entry = [{"filter": "C4QualityFilter", "args": {"min_num_sentences": 1}}]
    empty = apply(entry, given=())
    assert len(empty.text) == len(empty.reason) == len(empty.reasons) == 0
    sliced = apply_rules(texts(*BATCH)[3:6], {"datatrove": entry})
    whole = apply(entry)
    assert sliced.reasons.to_pylist() == whole.reasons.to_pylist()[3:6]
    assert sliced.text.to_pylist() == whole.text.to_pylist()[3:6]


def test_nothing_is_fetched(monkeypatch, tmp_path):
    """A list or model that is not on this machine ends the run with where to put it."""

    def bad_words(self, document):
        io.download_file("https://example.org/words", str(tmp_path / "words"))

    monkeypatch.setattr(FineWebQualityFilter, "filter", bad_words)
    with pytest.raises(datatrove_adapter.NotOffline, match=r"FineWeb.*put that file at .*words"):
        apply([{"filter": "FineWebQualityFilter"}])
    monkeypatch.setattr(unigram_log_probs, "cached_assets_path", lambda **_: str(tmp_path))
    with pytest.raises(datatrove_adapter.NotOffline, match="UnigramLogProbFilter"):
        apply([{"filter": "UnigramLogProbFilter"}])


def test_local_models_are_still_copied(monkeypatch, tmp_path):
    (tmp_path / "model").write_bytes(b"model")

    def load(self, document):
        io.download_file(str(tmp_path / "model"), str(tmp_path / "cached"), progress=False)
        return True

    monkeypatch.setattr(FineWebQualityFilter, "filter", load)
    assert apply([{"filter": "FineWebQualityFilter"}], given=("a",)).reason.to_pylist() == [None]
    assert (tmp_path / "cached").read_bytes() == b"model"


def test_a_missing_package_ends_the_run(monkeypatch):
    def need(self, document):
        raise ImportError("install it")

    monkeypatch.setattr(FineWebQualityFilter, "filter", need)
    with pytest.raises(ImportError, match="FineWebQualityFilter wants a package"):
        apply([{"filter": "FineWebQualityFilter"}])


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"filter": "C4QualityFilter"}, "wants a list of filters, not dict"),
        (["C4QualityFilter"], r"datatrove\[0\] wants a mapping"),
        ([{"filter": "GopherQualtyFilter"}], "did you mean 'GopherQualityFilter'"),
        ([{"filter": "LambdaFilter"}], r"unknown datatrove filter in datatrove\[0\]"),
        ([{"filter": "RegexFilter"}], "lacks its argument 'regex_exp'"),
        (
            [{"filter": "GopherQualityFilter", "args": {"min_doc_word": 3}}],
            "did you mean 'min_doc_words'",
        ),
        ([{"filter": "GopherQualityFilter", "arg": {}}], "did you mean 'args'"),
        ([{"filter": "GopherQualityFilter", "args": [3]}], "want a mapping, not list"),
        ([{"filter": "RegexFilter", "args": {"regex_exp": {1}}}], "more than JSON can"),
    ],
)
def test_a_wrong_entry_is_named_with_its_remedy(entries, message):
    with pytest.raises(ValueError, match=message):
        registry.validate({"datatrove": entries})


def test_arguments_that_a_constructor_refuses_stop_the_batch():
    with pytest.raises(ValueError, match="RegexFilter refuses its arguments"):
        apply([{"filter": "RegexFilter", "args": {"regex_exp": "("}}])


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("gopher_short_doc", "gopher_short_doc"),
        ("< 3 paragraphs", "below_3_paragraphs"),
        ("Été: no", "t_no"),
        ("", "dropped"),
        (None, "dropped"),
    ],
)
def test_reasons_become_names(reason, name):
    assert datatrove_adapter.normalise_reason(reason) == name


def test_url_filter_uses_the_suffix_list_that_ships():
    pytest.importorskip("ahocorasick", reason="datatrove's URLFilter wants pyahocorasick")
    entry = {
        "filter": "URLFilter",
        "args": {"use_integrated_lists": False, "extra_domains": ["bad.co.uk"]},
    }
    urls = pa.array(["https://www.bad.co.uk/x", "https://good.co.uk/", None])
    verdicts = apply([entry], given=("a", "b", "c"), urls=urls)
    assert verdicts.reason.to_pylist() == [
        "datatrove.URLFilter.domain",
        None,
        "datatrove.URLFilter.error",
    ]


# --- formatters -----------------------------------------------------------------------------------


def test_formatters_rewrite_as_datatrove_and_tell_what_they_changed():
    given = ["a line\n| |\nnext", "nothing here", "", "mail me@example.com or you@example.net now"]
    entries = [
        {"formatter": "SymbolLinesFormatter", "args": {"symbols_to_remove": ["|"]}},
        {"formatter": "PIIFormatter"},
        {"formatter": "PIIFormatter"},
    ]
    verdicts = apply_rules(pa.array(given, pa.large_string()), {"datatrove": entries})
    expected = []
    for text in given:
        text = SymbolLinesFormatter(symbols_to_remove=["|"]).format(text)
        expected.append(PIIFormatter().format(text))
    assert verdicts.text.to_pylist() == expected
    assert verdicts.reason.null_count == len(given)
    assert verdicts.measures.to_pydict() == {
        "datatrove.SymbolLinesFormatter.changed": [1, 0, 0, 0],
        "datatrove.PIIFormatter.changed": [0, 0, 0, 1],
        "datatrove.PIIFormatter.changed_2": [0, 0, 0, 0],
    }


def test_replacements_do_not_depend_on_the_documents_before():
    given = pa.array(["a@example.com"] * 3, pa.large_string())
    recipe = {"datatrove": [{"formatter": "PIIFormatter"}]}
    assert len(set(apply_rules(given, recipe).text.to_pylist())) == 1


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"formatter": "FTFYFormater"}, "did you mean 'FTFYFormatter'"),
        ({"formatter": "BaseFormatter"}, "unknown datatrove formatter"),
        ({"formatter": "PIIFormatter", "filter": "URLFilter"}, "'filter: NAME' or 'formatter"),
        ({"formatter": "PIIFormatter", "args": {"remove_mails": True}}, "remove_emails"),
        ({"formatter": "PIIFormatter", "arg": {}}, "did you mean 'args'"),
    ],
)
def test_a_wrong_formatter_is_named(entry, message):
    with pytest.raises(ValueError, match=message):
        registry.validate({"datatrove": [entry]})
