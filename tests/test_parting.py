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
        ("</p><div><b>Иван</b><span>повар</span></div>", "Иван повар"),
        ("</p><ul><li><strong>Anna</strong><small>chef</small></ul>", "- Anna chef"),
        ("</p><ul><li><span>牛乳</span><span>200ml</span></ul>", "- 牛乳 200ml"),
        ("<span>果汁</span><span>100%</span>", "果汁 100%"),
        ("</p><div><span class=n>砂糖</span><span class=a>2個</span></div>", "砂糖 2個"),
        ("</p><div><span>Monday</span><span>closed</span></div>", "Monday closed"),
        ("</p><ul><li><span>Часы</span><span>закрыто</span></ul>", "- Часы закрыто"),
        ("</p><ul><li><span>size</span><span>large</span></li> <li><span>colour</span><span>red"
         "</span></ul>", "- size large\n- colour red"),
        ("</p><div><a href=/x><i>tea</i><small>green</small></a><a href=/y><i>soup</i><small>hot"
         "</small></a></div>", "tea green soup hot"),
        ("</p><ul><li><span>卵</span><span>3個</span><li><span>水</span><span>少々</span></ul>",
         "- 卵 3個\n- 水 少々"),
        ("</p><ul><li><span>鸡蛋</span><span>2个</span><li><span>盐</span><span>3克</span></ul>",
         "- 鸡蛋 2个\n- 盐 3克"),
        ("<span>Rent</span><span>€900</span>, <b>Tee</b><span>£5</span>", "Rent €900, Tee £5"),
        ("<span>カレー</span><span>¥900</span> <span>무게당</span><span>₩900</span>",
         "カレー ¥900 무게당 ₩900"),
        ("<span>1.</span><span>e4</span><span>e5</span> <span>Nf3</span><span>Nc6</span>",
         "1. e4 e5 Nf3 Nc6"),
        ("<span>v2</span><span>v3</span>, <span>mp3</span><span>mp4</span>", "v2 v3, mp3 mp4"),
        ("<a>Books</a><span>(12)</span> <a>Новости</a><span>(1,204)</span>",
         "Books (12) Новости (1,204)"),
    ],
)  # fmt: skip
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
        ("<b>Под</b><span>черкнутый</span>", "Подчеркнутый"),
        ("</p><div><b>im</b><span>portant</span></div>", "important"),
        ("</p><div>so <b>Иван</b><span>овна</span></div>", "so Ивановна"),
        ("<span>平成</span><span>30</span>年, <span>第</span><span>3</span><span>回</span>",
         "平成30年, 第3回"),
        ("<b>printf</b><span>(3)</span> <span>f</span><span>(12)</span> map<span>(old)</span>",
         "printf(3) f(12) map(old)"),
        ("</p><div><span>Won</span><span>derful</span></div>", "Wonderful"),
        ("</p><ul><li><span class=s>won</span><span class=s>der</span><li><span class=s>un</span>"
         "<span class=s>der</span></ul>", "- wonder\n- under"),
        ("</p><div><span>ka</span><span>ra</span></div><div><span>o</span><span>ke</span></div>",
         "kara\noke"),
        ("<span>US</span><span>$900</span> <span>€</span><span>9</span>", "US$900 €9"),
        ("<span>C6</span><span>H12</span><span>O6</span>", "C6H12O6"),
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
)  # fmt: skip
def test_words_and_marks_stay_together(html: str, text: str) -> None:
    assert text_of(html) == text


def test_code_keeps_its_words() -> None:
    html = "<pre><span>get</span><span>Name</span>(<a>self</a><a>Other</a>)</pre>"
    assert whole_text(HTMLTree.parse(html)) == "getName(selfOther)"


@pytest.mark.parametrize("piece", ["<span>aaa</span>", "<a>Aaa</a>", "<a><b><i>x</i></b></a>"])
def test_long_lines_end(piece: str) -> None:
    """A page of a million elements is no work of hours."""
    assert text_of(piece * 200_000)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b>3 ¼</b><span>tbsp</span><span>oil</span><span>warm</span>", "3 ¼ tbsp oil warm"),
        ("<span class=n>3</span><span class=u>cans</span><span class=w>beans</span>",
         "3 cans beans"),
        ("<a href=/x>plums</a><a href=/y>figs</a><a href=/z>dates</a>", "plums figs dates"),
        ("<time>7:45pm</time><span>32</span> <span>7:45pm</span><span>32 notes</span>",
         "7:45pm 32 7:45pm 32 notes"),
        ("<span>3.</span><span>the bank of a lake</span>", "3. the bank of a lake"),
        ("<span>3</span><span>a bank</span> <span>3</span><span>d view</span>", "3 a bank 3d view"),
        ("<span>/leɪk/</span><span>noun</span>", "/leɪk/ noun"),
        ("<span>3.9</span><span>(85)</span><span>votes</span>", "3.9 (85) votes"),
        ("<span>At the lake.</span><span>(Photo by Ann)</span>", "At the lake. (Photo by Ann)"),
        ("<sup>3</sup>There was. <sup>4</sup>It <sup class=verse>5</sup>He",
         "3 There was. 4 It 5 He"),
        ("<span>3</span>of<span>45</span>, <b>3</b>von<b>45</b>", "3 of 45, 3 von 45"),
        ("<span>무게</span><span>30kg</span>", "무게 30kg"),
        ("<b>שלום</b><span>לכולם</span>", "שלום לכולם"),
        ("<s>$30</s><b>$24</b> <b>9 €</b><s>12 €</s>", "$30 $24 9 € 12 €"),
        ("<s>30 kr</s><b>24 kr</b>, <del>3 pcs</del><ins>5 pcs</ins>", "30 kr 24 kr, 3 pcs 5 pcs"),
        ("<span>€30</span><span>€24</span><i>-20%</i> <b>€24</b><i>−20%</i>",
         "€30 €24 -20% €24 −20%"),
        ("so <span class=badge>new</span><span class=badge>hot</span>", "so new hot"),
    ],
)  # fmt: skip
def test_fields_of_a_line_are_apart(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div><span>12 min</span><span>watch</span></div>", "12 min watch"),
        ("<li><span class=tag>hot</span><span>release 3.4</span></li>", "- hot release 3.4"),
        ("<li><span>30</span><span>ml</span><span>milk</span></li>", "- 30ml milk"),
        ("<li><span>1 ½</span><span>dl</span><span>milk</span> <span>(hot)</span></li>",
         "- 1 ½ dl milk (hot)"),
        ("<figcaption><span>main.rs</span><a href=/raw>raw</a></figcaption>", "main.rs raw"),
        *((f"<li><span class=n>{name}</span><span class=a>{more}</span></li>", f"- {name} {more}")
          for name, more in (("salt", "to taste"), ("соль", "по вкусу"), ("αλάτι", "κατά βούληση"),
                             ("ملح", "حسب الذوق"), ("מלח", "לפי הטעם"), ("नमक", "स्वाद अनुसार"),
                             ("소금", "약간"), ("塩", "少々"), ("しお", "少し"))),
    ],
)  # fmt: skip
def test_a_phrase_beside_a_word_is_a_field(html: str, text: str) -> None:
    assert whole_text(HTMLTree.parse(html)) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<span>un</span><span>break</span><span>able</span>", "unbreakable"),
        ("<span class=c>a</span><span class=d>live</span>", "alive"),
        ("<span>We are unbr</span><span>eakable now</span>", "We are unbreakable now"),
        ("<a href=/x>rain</a><a href=/x>bow</a> <b>rain</b><i>bow</i>", "rainbow rainbow"),
        ("<span class=s>rain</span><span class=s>bow</span>", "rainbow"),
        ("<span class=p>rain</span><span class=r>bow</span>s", "rainbows"),
        ("log2<span>(x)</span> <span>f</span><span>(3)</span> book<span>(s)</span>",
         "log2(x) f(3) book(s)"),
        ("<span>4.</span><span>5</span> <span>10</span>x<span>20</span>", "4.5 10x20"),
        ("<sup>14</sup>C <sup>4</sup>He <sup>235</sup>U <sup>40</sup>Ar", "14C 4He 235U 40Ar"),
        ("<span>東</span><span>京</span>", "東京"),
        ("<span class=a>東</span>の<span class=b>京</span><span class=c>都</span>", "東の京都"),
        ("<span class=a>Th</span><span class=b>ere is</span>", "There is"),
        ("<span class=a>сло</span><span class=a>во</span> <b>पा</b><i>नी</i>", "слово पानी"),
        ("30<span>$</span> <del>un</del>happy", "30$ unhappy"),
        ("<b>서울</b>에서 <b>서울</b><span>에서</span>", "서울에서 서울에서"),
        ("<span>and/</span><span>or</span> km/<span>h</span>", "and/or km/h"),
    ],
)  # fmt: skip
def test_parts_of_a_word_are_no_fields(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        # A label and a name, whose classes differ.
        ("<span><span class=label>By</span><span class=who>Ola Vik</span></span>", "By Ola Vik"),
        ("<span class=k>Posted on</span><time>March 3, 2021</time>", "Posted on March 3, 2021"),
        ("<span class=k>Translated by</span><a class=p>Ida</a>", "Translated by Ida"),
        ("<span class=who>GUEST</span><span class=said>Good evening.</span>",
         "GUEST Good evening."),
        ("<a class=brand>ACME</a><a class=name>Bucket 12 l</a>", "ACME Bucket 12 l"),
        # A number and what it counts off.
        ("<span class=no>7</span><span class=t>An owner may appeal.</span>",
         "7 An owner may appeal."),
        ("<span class=no>12</span><span class=t>A mill is a building.</span>",
         "12 A mill is a building."),
        ("<span class=no>3.1</span><span class=t>In force from May.</span>",
         "3.1 In force from May."),
        ("<span class=r>12.4k</span><span><i class=n>31</i></span>", "12.4k 31"),
        # Prices beside Chinese and Japanese words.
        ("<span class=n>紅色</span><em class=p>$1,180</em><span class=t>特價</span>",
         "紅色 $1,180 特價"),
        ("<span class=n>本</span><span class=p>¥900</span><span class=t>送料</span>",
         "本 ¥900 送料"),
        ("<span class=n>茶</span><b class=p>€4</b><span class=t>新</span>", "茶 €4 新"),
        # Pieces of code.
        ("<code>U+00E9</code><code>0xC3 A9</code> is é", "U+00E9 0xC3 A9 is é"),
        ("<code>get</code><code>put</code><code>list</code>", "get put list"),
        ("<a>Watcher</a><wbr><span class=badge><code>unix</code></span>", "Watcher unix"),
    ],
)  # fmt: skip
def test_fields_that_their_classes_tell_are_apart(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<span class=a>Mac</span><span class=a>roon</span>", "Macroon"),
        ("<span class=a>i</span><span class=b>Pod touch</span>", "iPod touch"),
        ("<span class=n>2</span><span class=o>nd of May</span>", "2nd of May"),
        ("<span class=n>3</span><span class=o>D prints of it</span>", "3D prints of it"),
        ("<code>std::</code><code>sort</code>, <code>box</code>es", "std::sort, boxes"),
        # Editors cut sentences and numbers wherever a writer did.
        ("Opened in <b>19</b><b>04</b> by him", "Opened in 1904 by him"),
        ("It cost <span class=x>1</span><span class=x>250</span> then", "It cost 1250 then"),
        ("<span class=a>The bridge was opened in 19</span><span class=b>04 by the same two men who"
         "</span>", "The bridge was opened in 1904 by the same two men who"),
        ("<span>June 14, 2024</span><span>1 yr</span>", "June 14, 2024 1 yr"),
    ],
)  # fmt: skip
def test_what_a_writer_cut_is_whole(html: str, text: str) -> None:
    assert text_of(html) == text


def test_lines_that_the_pages_own_style_sheet_makes() -> None:
    for name, rule in (("v", "display:block"), ("row", "color:red; display : block"),
                       ("l-1", "margin:0;display:block;")):  # fmt: skip
        verse = (
            f"<span class={name}>The weir is low</span><span class={name}>the miller slow</span>"
        )
        page = f"<style>p{{margin:0}} .{name} {{{rule}}}</style><p>{verse}</p>"
        assert "weir is low\nthe miller" in whole_text(HTMLTree.parse(page))
    for css in (".v{display:block} .x .v{display:inline}", "@media print{.v{display:block}}",
                ".v{float:left;display:block}", ".v:hover{display:block}"):  # fmt: skip
        page = f"<style>{css}</style><p>un<b class=v>believ</b>able</p>"
        assert whole_text(HTMLTree.parse(page)) == "unbelievable"
