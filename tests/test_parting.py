"""Words that a style sheet sets apart are not written as one, and words stay whole."""

import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import whole_text


def text_of(html: str) -> str:
    return whole_text(HTMLTree.parse(f"<p>{html}</p>"))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a>Work</a><a>Company</a>", "Work Company"),
        ("<a>1</a><a>2</a><a>3</a>", "1 2 3"),
        ("<a>新聞</a><a>社会</a>", "新聞 社会"),
        ("<span>Anna Berg</span><span>Head of Sales</span>", "Anna Berg Head of Sales"),
        ("<span>Привет</span><span>Мир</span>", "Привет Мир"),
        ("<button>Small</button><button>large</button>", "Small large"),
        ("<label>Pack</label><input><label>12</label>", "Pack 12"),
        ("12<select><option>x</select>pairs", "12 pairs"),
        ("<button><b>MORE</b></button><span>1h</span>", "MORE 1h"),
        ("<cite>bob wrote:</cite>Hello", "bob wrote: Hello"),
        ("<span>Name:</span><span>Bob</span>", "Name: Bob"),
        ("<span>It is so.</span><a>Shop now</a>", "It is so. Shop now"),
        ("05<span>Jan</span>2024", "05 Jan 2024"),
        ("00:01<span>Hello everybody</span>", "00:01 Hello everybody"),
        ("3<span>tbsp</span> <span>12</span><span>May</span>", "3 tbsp 12 May"),
        ("<span>Year</span><span>2013</span>", "Year 2013"),
        ("<span>148</span><span>02</span>, <b>10</b><b>12</b>", "148 02, 10 12"),
        ("<span>10</span>of<span>20</span>", "10 of 20"),
        ("Page <span>1</span><span>of</span><span>5</span>", "Page 1 of 5"),
        ("<span>3</span>von<span>12</span>", "3 von 12"),
        ("</p><div><a>foo</a><a>bar</a><a>baz</a></div>", "foo bar baz"),
        ("</p><nav><a>home</a><a>shop</a></nav>", "home shop"),
    ],
)
def test_texts_that_a_reader_sees_apart(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a>un</a><a>happy</a>", "unhappy"),
        ("</p><div>so <a>un</a><a>happy</a></div>", "so unhappy"),
        ("<span>3</span>rd<span>2</span>, <span>4</span>x<span>4</span>", "3rd2, 4x4"),
        ("<b>W</b>hat <a>table</a>s", "What tables"),
        ("<span>imp</span><span>ortant</span>", "important"),
        ("<a>bac</a><a>on</a>", "bacon"),
        ("Java<b>Script</b>", "JavaScript"),
        ("<span>Mc</span>Donald's <span>i</span><span>Phone</span>", "McDonald's iPhone"),
        ("Acme<sup>TM</sup>", "AcmeTM"),
        ("<code><span>get</span><span>Name</span></code>", "getName"),
        ("Page<!-- -->One", "PageOne"),
        ("<a>here</a>, <a>there</a>. <span>“</span><span>Quoted”</span>", "here, there. “Quoted”"),
        ("<a>東</a>京<span>の</span>道", "東京の道"),
        ("<a></a><span></span>One", "One"),
        ("1<span>st</span> 2<span>ème</span> H<span>2</span>O 3<span>D</span>", "1st 2ème H2O 3D"),
        ("RTX<b>4080</b> <span>MP</span><span>3</span>", "RTX4080 MP3"),
        ("<span>1</span><span>2</span><span>3</span>", "123"),
        ("10:<span>30</span> 1,<span>000</span> std::<span>sort</span>", "10:30 1,000 std::sort"),
        (
            "<span>java.util.</span><a>List</a> www.<b>example</b>.<i>com</i>",
            "java.util.List www.example.com",
        ),
    ],
)
def test_words_and_marks_stay_together(html: str, text: str) -> None:
    assert text_of(html) == text


def test_code_keeps_its_words() -> None:
    html = "<pre><span>get</span><span>Name</span>(<a>self</a><a>Other</a>)</pre>"
    assert whole_text(HTMLTree.parse(html)) == "getName(selfOther)"


@pytest.mark.parametrize("piece", ["<span>aaa</span>", "<a>Aaa</a>", "<a><b><i>x</i></b></a>"])
def test_long_lines_end(piece: str) -> None:
    """A page of a million elements is no work of hours."""
    assert text_of(piece * 200_000)
