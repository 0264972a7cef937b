"""Wikis beside Wikipedia, whose templates mean other things, and templates that are rows."""

from pathlib import Path

import pytest

import winnow
from tests.reading import rows
from tests.test_wiki_templates import plain


@pytest.mark.parametrize(
    ("wiki", "page", "text"),
    [
        ("wiktionary", "{{bor|en|la|cattus}}", "Latin cattus"),
        ("wiktionary", "{{inh|en|enm|cat}}", "Middle English cat"),
        ("wiktionary", "{{der|en|la|-}}", "Latin"),
        ("wiktionary", "{{cog|de|Katze||cat}}", "German Katze (“cat”)"),
        ("wiktionary", "{{m|grc|λόγος|tr=lógos|t=word}}", "λόγος (lógos, “word”)"),
        ("wiktionary", "{{l|en|word|words}}", "words"),
        ("wiktionary", "{{t|fr|chat|m}}", "chat m"),
        ("wiktionary", "{{lb|en|informal|or|dated|of cats}}", "(informal or dated, of cats)"),
        ("wiktionary", "{{gloss|a cat}}, {{qualifier|rare|dated}}", "(a cat), (rare, dated)"),
        ("wiktionary", "{{suffix|en|cat|ness}}", "cat + -ness"),
        ("wiktionary", "{{plural of|en|cat}}", "plural of cat"),
        ("wiktionary", "{{en-noun}}", ""),
        ("wikisource", "{{drop initial|T}}he {{SIC|teh|the}}", "The teh"),
        ("wikisource", "{{x-larger|A}} {{c|b}} {{sc|C}}", "A b C"),
        ("wikisource", "{{hws|ety|etymology}}{{hwe|mology|etymology}}", "etymology"),
        ("wikivoyage", "{{see|name=Fort|address=Hill 1|hours=9–5|content=Old}}",
         "Fort, Hill 1. 9–5. Old."),
        ("wikivoyage", "{{marker|name=Lyon}}", "Lyon"),
        ("", "{{see|name=Fort|content=Old}}{{bor|en|la|cattus}}", ""),
    ],
)  # fmt: skip
def test_templates_of_other_wikis(wiki: str, page: str, text: str) -> None:
    shown = f"one {text} two" if text else "one two"
    assert plain(f"one {page} two", project=wiki) == shown


@pytest.mark.parametrize(
    ("wiki", "page", "text"),
    [
        (
            "enwikisource",
            "Before\n{{ppoem|start=open|\nA mill turns >> 5\n:in the dusk\n\nand rests\n}}\nAfter",
            "Before\n\nA mill turns\nin the dusk\n\nand rests\n\nAfter",
        ),
        ("enwikisource", "{{ppoem|One line}}", "One line"),
        ("enwikivoyage", "{{infobox|Ferries|They sail at noon.}}", "Ferries\nThey sail at noon."),
        ("enwikivoyage", "{{warningbox|The ice is thin.|lastedit=2020}}", "The ice is thin."),
        ("enwikivoyage", "A\n{{cautionbox|Mind the tide.}}\nB", "A\n\nMind the tide.\n\nB"),
        ("enwiki", "A\n{{infobox|name=Ferry}}\nB", "A\n\nB"),
    ],
)
def test_blocks_of_other_wikis_are_lines(wiki: str, page: str, text: str) -> None:
    assert winnow.wikitext([page], "en", wiki=wiki).to_pylist() == [text]


def test_the_dump_says_which_wiki_it_is(tmp_path: Path) -> None:
    for name, text in (("enwiktionary", b"From Latin cattus."), ("enwiki", b"From.")):
        path = tmp_path / f"{name}.xml"
        path.write_text(
            f"<mediawiki xml:lang='en'><siteinfo><dbname>{name}</dbname></siteinfo><page>"
            "<title>cat</title><ns>0</ns><id>1</id><revision><id>1</id>"
            "<text>From {{bor|en|la|cattus}}.</text></revision></page></mediawiki>"
        )
        assert [row["content"] for row in rows("mediawiki", path)] == [text]


ROWS = """Words.
{{Episode table|overall=5
|episodes=
{{Episode list
|EpisodeNumber=1
|Title=Pilot
|OriginalAirDate={{start date|2001|2|3}}
|ShortSummary=It
begins.
}}
{{Episode list|EpisodeNumber=2|Title=End}}
}}

{{Election box begin|title=x}}
{{Election box candidate with party link|party=Red|candidate=[[Ann]]|votes=5|percentage=50}}
{{Election box candidate|party=Blue|candidate=Bob|votes=4}}
{{Election box end}}

{{s-start}}
{{succession box|before=A|title=King|years=1–2|after=B}}
{{s-end}}
End."""


def test_templates_that_are_rows_are_written_with_tables() -> None:
    assert plain(ROWS).split() == ["Words.", "End."]
    lines = [line for line in plain(ROWS, tables=True).split("\n") if line]
    assert lines == [
        "Words.", '1 | "Pilot" | February 3, 2001 | It begins.', '2 | "End"', "Red | Ann | 5 | 50",
        "Blue | Bob | 4", "A | King | 1–2 | B", "End.",
    ]  # fmt: skip
    markdown = plain(ROWS, tables=True, markdown=True)
    assert "| Red | Ann | 5 | 50 | |\n|" + " --- |" * 5 + "\n| Blue | Bob | 4 | | |" in markdown
