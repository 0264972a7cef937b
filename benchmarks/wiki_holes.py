"""Sentences of wikis with a hole, and markup that is left, for each language.

Each template, function and formula that stands in a sentence is put between two marks (by
mwparserfromhell, so nothing here knows how winnow finds or expands one). The page is converted
with the marks in it. Where nothing stands between two marks although a reader of the page sees
words there, the sentence has a hole. What shows a reader nothing, or only a note or an icon, is
listed here by name and counts as no hole.
"""

import bz2
import collections
import gzip
import io
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
from lxml import etree

from filters.wikitext import wikitext_to_text
from pipelines.sources.wiki_text import markup_of
from tests.realdata import ROOT

OPEN, MIDDLE, CLOSE = "\ue010", "\ue011", "\ue012"
_MARKED = re.compile(f"{OPEN}(\\d+){MIDDLE}([^{OPEN}{CLOSE}]*){CLOSE}")
_MARKS = re.compile(f"{OPEN}\\d+{MIDDLE}|{CLOSE}")
_HIDDEN_TAGS = ("ref", "gallery", "table", "references", "timeline", "imagemap", "nowiki",
                "includeonly", "pre", "source", "syntaxhighlight", "score")  # fmt: skip
# References and notes, what editors ask each other, icons, anchors, layout, identifiers of books.
_SHOWS_NOTHING = re.compile(
    r"""(
    cite | citation$ | citations?\ needed | sfn | harv | refn?$ | rp?$ | efn | note$ |
    notelist | cref | fnb?$ | cn$ | fact$ | [a-z]*\ ?needed | .*\ needed | .*[\ -]inline$ |
    clarify | who$ | whom$ | when$ | where$ | which$ | why$ | by\ whom | according\ to |
    dubious | vague | verify | failed | unreliable | better | full$ | or$ | update |
    relevance | qualify | specify | weasel | dead\ link | disputed | sic\ ?\? |
    inflation[-/]fn | anchors?$ | clear | clr | flagicon | flagdeco | bandiera$ | bandera$ |
    drapeau | flagga$ | flaga$ | naz$ | isbn | issn | oclc | doi | pmid | jstor | arxiv |
    asin | lccn | dnb | bnf | naid | webarchi | wayback | youtube | google\ books | dmoz |
    official | imdb | url$ | portal | commons | listen | legend | div\ col | col- |
    .*\ icon$ | ref-[a-z]+ | lang-icon | pow$ | kia$ | wia$ | -$ | break | \#tag:ref |
    \#invoke | defaultsort | displaytitle | wikicite | nbsp | spaces?$ | thinsp | ensp |
    esd$ | 0$ | main$ | see\ also | seealso | further | refimprove | 複数の問題 | refnest |
    infobox | mul$ | 用 | 要 | 出典 | 誰 | いつ | どこ | リンク切れ | 信頼性 | 独自研究 |
    疑問 | source\? | en\ icon | 脚注 | r$ | wd$ | ndl | 全国書誌 | pdf | référence | refnec |
    quand | qui$ | où$ | précision | lien\ brisé | lien\ web | note | augmentation |
    diminution | prononciation | p\.$ | belege | absatz | anker | zukunft | lesenswert |
    literatur | internetquelle | webarchiv | audio | link\ audio | 소리 | actualizar |
    enlace\ roto | cita$ | cita\ web | noisbn | link\ v | interprogetto | vedi | cas$ |
    colbreak | boxarro | нет\ аи | уточнить | источник | книга | статья | нп$ | вклад | sfn |
    bron\? | dode\ link | .*-vlag$ | kaynak | webarşiv | 来源 | 來源 | 谁 | 誰 | 何時 | fact |
    وضح | حقيقة | بحاجة | وصلة | webarchive | أيقونة | संदर्भ | उद्धरण\ आ | cần\ dẫn |
    chú\ thích | fakt$ | cytuj | display\ none | extinct | color\ sample | ja\ exp | jr西 |
    jr東 | multicol | ,$ | gr$ | bar\ box | nazba$ | naznb$ | cita\ req | nota\ dis | флаг\  |
    legend
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# The same where they have no text to show: of what language a page is that a link leads to.
_BARE = re.compile(r"[a-z]{2,3}$|lingue$|citazione necessaria|senza fonte|chiarire|fakt|cita", re.I)
_PICTURE = re.compile(
    r"\s*:?(file|image|immagine|datei|bild|fichier|archivo|imagen|ファイル|画像|файл|изображение|"
    r"文件|檔案|file|ملف|صورة|चित्र|plik|grafika|dosya|bestand|afbeelding|tập tin|hình|파일|그림|"
    r"картинка|category|categoria|カテゴリ)\s*:",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"\{\{|\}\}|\[\[|\]\]|''|\{\||\|\}|^\s*[|!]|</?(?:ref|br|span|div|small|sub|sup|nowiki|font|b|i|u|"
    r"table|tr|td|p|center|gallery|math|blockquote|includeonly|noinclude)\b[^>\n]*>",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"\$[^$]*\$")
# What a sentence that lost words looks like, whatever was lost.
_DAMAGE = re.compile(r"[(（]\s*[,;、，)）]|\w [,](?=\s)|\b(?:of|the|in|at|di|del|von|de|à) [.,;]")


def wikis() -> list[Path]:
    folder = ROOT / "wikipedia"
    return sorted([*folder.glob("*wiki-*"), *(folder / "minidumps").glob("*wiki.xml.bz2")])


def articles(path: Path) -> list[str]:
    """The wikitext of a dump's articles, as lxml finds it."""
    data = path.read_bytes()
    data = bz2.decompress(data) if path.suffix == ".bz2" else gzip.decompress(data)
    texts = []
    for _, page in etree.iterparse(io.BytesIO(data), tag="{*}page", recover=True):
        if page.findtext("{*}ns") in ("0", None) and page.find("{*}redirect") is None:
            texts.append(page.findtext("{*}revision/{*}text") or "")
    return texts


class Marks:
    """Puts marks around what stands in sentences.

    Attributes:
      names: of the marked templates and functions, by number.
    """

    def __init__(self, parser: Any) -> None:
        self.nodes = parser.nodes
        self.names: list[str] = []

    def marked(self, code: Any) -> str:
        nodes = list(code.nodes)
        parts = []
        for at, node in enumerate(nodes):
            if isinstance(node, self.nodes.Template):
                before = str(nodes[at - 1]) if at else "\n"
                after = str(nodes[at + 1]) if at + 1 < len(nodes) else "\n"
                if before.endswith("\n") and after.startswith("\n"):
                    parts.append(str(node))
                    continue
                parts.append(self._around(str(node.name), str(node), node.params))
            elif isinstance(node, self.nodes.Tag):
                tag = str(node.tag).lower().strip()
                if tag in ("math", "chem", "ce"):
                    parts.append(self._around(f"<{tag}>", str(node), ()))
                    continue
                if tag not in _HIDDEN_TAGS and node.contents is not None and not node.self_closing:
                    node.contents = self.marked(node.contents)
                parts.append(str(node))
            elif isinstance(node, self.nodes.Wikilink):
                if node.text is not None and not _PICTURE.match(str(node.title)):
                    node.text = self.marked(node.text)
                parts.append(str(node))
            else:
                parts.append(str(node))
        return "".join(parts)

    def _around(self, name: str, text: str, params: Any) -> str:
        name = re.sub(r"<!--.*?-->", "", name, flags=re.DOTALL).strip().replace("_", " ").lower()
        bare = not any(not param.showkey for param in params)
        if bare and _BARE.match(name):
            return text
        empty = all(not str(param.value).strip() for param in params)
        if name.endswith(":") or (empty and params and ":" not in name):
            return text  # it has nothing to say
        self.names.append(name)
        return f"{OPEN}{len(self.names) - 1}{MIDDLE}{text}{CLOSE}"


def holes(plain: str, names: list[str]) -> list[str]:
    """Names of what left nothing in a sentence."""
    found = []
    for line in plain.split("\n"):
        for mark in _MARKED.finditer(line):
            name = names[int(mark[1])]
            if mark[2].strip() or _SHOWS_NOTHING.match(name):
                continue
            before = _MARKS.sub("", line[: mark.start()]).strip(" *#:;-'\"")
            after = _MARKS.sub("", line[mark.end() :]).strip()
            if after and (
                re.search(r"\w", before) or (not before and re.search(r"\w\W+\w", after))
            ):
                found.append(name)
    return found


def table(parser: Any, names: int = 0) -> None:
    """Prints a row a language; with `names`, the most frequent holes too."""
    print("\n| wiki | articles | with a hole | in % | damaged sentences a 1,000 lines | "
          "lines with markup a 1,000 lines |")  # fmt: skip
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    seen: dict[str, collections.Counter[str]] = {}
    for path in wikis():
        language = re.sub("wiki.*", "", path.name)
        pages = articles(path)
        marked, all_names = [], []
        for page in pages:
            marks = Marks(parser)
            marked.append(marks.marked(parser.parse(page)))
            all_names.append(marks.names)
        plain = _converted(marked, language)
        by_page = [holes(text, found) for text, found in zip(plain, all_names, strict=True)]
        with_hole = [found for found in by_page if found]
        seen[language] = collections.Counter(name for found in by_page for name in found)
        lines = [line for text in _converted(pages, language) for line in text.split("\n") if line]
        left = [line for line in lines if _LEFT.search(_FORMULA.sub("", line))]
        if names and left:
            print("\n".join(f"    {line[:200]}" for line in left[:names]))
        damaged = sum(len(_DAMAGE.findall(line)) for line in lines)
        share = 100 * len(with_hole) / len(pages)
        print(
            f"| {language} | {len(pages)} | {len(with_hole)} | {share:.1f} | "
            f"{1000 * damaged / len(lines):.1f} | {1000 * len(left) / len(lines):.2f} |"
        )
    if names:
        for language, counted in seen.items():
            print(language, counted.most_common(names))


def _converted(pages: list[str], language: str) -> list[str]:
    choices = {"tables": False, "infoboxes": False, "captions": False, "math": True}
    markup = markup_of(choices, language)
    found: list[str] = wikitext_to_text(pa.array(pages, pa.large_string()), markup).to_pylist()
    return found


if __name__ == "__main__":
    import mwparserfromhell

    table(mwparserfromhell, 60)
