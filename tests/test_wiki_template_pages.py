"""Templates that a dump has as pages: the simple ones are expanded, the others leave nothing."""

import bz2
from pathlib import Path

import pyarrow as pa
import pytest

from filters.wikitext import Markup, wikitext_to_text
from filters.wikitext.templates.pages import TemplatePages, included
from tests.reading import documents, rows

PAGES = {
    "Motto": "“{{{1|nothing}}}”<noinclude>[[Category:Mottos]] How to use</noinclude>",
    "Far": "{{{distance|{{{1}}}}}} {{{unit|leagues}}} away",
    "Maybe": "{{#if:{{{1|}}}|with {{{1}}}|without}}",
    "Kind": "{{#switch:{{{1}}}|a=first|b|c=second|#default=other}}",
    "Outer": "very {{Motto|{{{1}}}}}",
    "Only": "Help. <onlyinclude>''kept''</onlyinclude> more help",
    "Include": "<includeonly>shown</includeonly><noinclude>hidden</noinclude>",
    "Spell": "#REDIRECT [[Template:Motto]]",
    "Box": '<div class="box">A box</div>',
    "Lines": "one\ntwo",
    "Table": "{| class=x\n| y\n|}",
    "Script": "{{#invoke:Module|main}}",
    "Loop": "x{{Loop}}",
    "Twice": "{{Twice2}}{{Twice2}}",
    "Twice2": "{{Twice3}}{{Twice3}}",
    "Twice3": "{{Motto|a}}{{Motto|b}}",
    "Cn": "needs a source",
}


def plain(page: str, pages: dict[str, str] = PAGES) -> str:
    markup = Markup(language="en", pages=TemplatePages(pages))
    text: str = wikitext_to_text(pa.array([page], pa.large_string()), markup)[0].as_py()
    return text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("{{Motto|[[a|to be]]}}", "“to be”"),
        ("{{motto}}", "“nothing”"),
        ("{{Motto|}}", "“”"),
        ("{{Far|3}}, {{far|distance=4|unit=miles}}", "3 leagues away, 4 miles away"),
        ("{{Maybe|{{nowrap|a | b}}}} {{Maybe}}", "with a without"),
        ("{{Kind|a}} {{Kind|b}} {{Kind|c}} {{Kind|d}}", "first second second other"),
        ("{{Outer|x}}", "very “x”"),
        ("{{Only}} {{Include}}", "kept shown"),
        ("{{Spell|y}}", "“y”"),
        ("{{Motto|{{lang|de|Wort}}<ref>{{cite|z}}</ref>}}", "“Wort”"),
        ("{{lang|fr|{{Motto|m}}}}", "“m”"),
    ],
)
def test_simple_pages_say_what_they_would_on_the_wiki(page: str, text: str) -> None:
    assert plain(f"a {page} b") == f"a {text} b"


@pytest.mark.parametrize("name", ["Box", "Lines", "Table", "Script", "Cn", "Missing"])
def test_boxes_scripts_and_notes_leave_nothing(name: str) -> None:
    assert plain(f"a {{{{{name}}}}} b") == "a b"


def test_a_template_with_a_line_of_its_own_is_no_part_of_a_sentence() -> None:
    assert plain("{{Motto|x}}\nA hill.\n{{Motto|y}}") == "A hill."
    assert plain("* {{Motto|x}}\n") == "- “x”"


def test_what_a_page_is_given_is_not_read_as_markup_again() -> None:
    assert plain("a {{Maybe|1{{!}}2}}") == "a with 1|2"
    assert plain("a {{Motto|<nowiki>{{Motto}}</nowiki>}}") == "a “{{Motto}}”"


def test_pages_that_use_each_other_end() -> None:
    assert len(plain("{{Loop}} " * 200)) < 100_000
    many = {f"T{n}": f"{{{{T{n + 1}}}}}" * 9 for n in range(40)}
    assert len(plain("{{T0}} " * 20, {**many, "T40": "end"})) < 500_000
    assert plain("a {{Twice}}").count("“") == 8


def test_what_of_a_page_is_included() -> None:
    assert included("<noinclude>x") is None
    assert included("a<!-- b -->[[Category:X]]") == "a"
    assert included("x" * 100_000) is None


def dump(*pages: tuple[int, str, str]) -> str:
    body = "".join(
        f"<page><title>{title}</title><ns>{ns}</ns><id>{number}</id><revision><id>1</id>"
        f"<text>{text}</text></revision></page>"
        for number, (ns, title, text) in enumerate(pages, 1)
    )
    head = "<siteinfo><dbname>xwiki</dbname><base>https://x.org/wiki/Main</base></siteinfo>"
    return f'<mediawiki xml:lang="en">{head}{body}</mediawiki>'


ARTICLE = (0, "Hill", "A hill {{far off|3}} stands.")
TEMPLATE = (10, "Template:Far off", "{{{1}}} leagues away")


def test_a_dump_has_its_own_templates_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "xwiki-pages-articles.xml"
    path.write_text(dump(ARTICLE, TEMPLATE))
    (found,) = documents(rows("mediawiki", path))
    assert found["content"] == b"A hill 3 leagues away stands."
    (found,) = documents(rows("mediawiki", path, templates=False))
    assert found["content"] == b"A hill stands."


def test_templates_may_be_in_another_dump(tmp_path: Path) -> None:
    path, other = tmp_path / "a.xml", tmp_path / "templates.xml.bz2"
    path.write_text(dump(ARTICLE))
    other.write_bytes(bz2.compress(dump(TEMPLATE).encode()))
    (found,) = documents(rows("mediawiki", path, templates=str(other)))
    assert found["content"] == b"A hill 3 leagues away stands."
    with pytest.raises(ValueError, match="templates 3 is no path, true or false"):
        rows("mediawiki", path, templates=3)


def test_options_say_what_of_a_page_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    text = "At {{coord|1|N|2|E|display=inline}} is {{blorp|green}} &lt;math&gt;x&lt;/math&gt;."
    path.write_text(dump((0, "Hill", text)))

    def read(**options: bool) -> str:
        (found,) = documents(rows("mediawiki", path, **options))
        return bytes(found["content"]).decode()

    assert read() == "At 1°N 2°E is $x$."
    assert read(coordinates=False) == "At is $x$."
    assert read(math=False, unknown_templates=True) == "At 1°N 2°E is green ."
