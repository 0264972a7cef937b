r"""How much of what MediaWiki shows of an article is in a text made of its wikitext.

    python -m benchmarks.wiki_rendered

MediaWiki itself renders the articles, with its extensions Cite and ParserFunctions: `apt-get
install mediawiki php-sqlite3`, or a folder with it in MEDIAWIKI. Dumps of articles hold no
templates, so these are taken out of every article before anything reads it, and with them formulas,
scores and timelines, which other services draw. What is measured is the rest of the markup. A word
is `\w+` in lower case, or one Chinese or Japanese character; shares are of multisets, the mean over
articles.
"""

import collections
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from lxml import html as lxml_html

from benchmarks.ingest import mean, peer
from benchmarks.wiki_holes import articles, wikis
from filters.wikitext import wikitext_to_text
from pipelines.sources.wiki_text import markup_of

MEDIAWIKI = Path(os.environ.get("MEDIAWIKI", "/usr/share/mediawiki"))
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
FEW = 50  # wikis of fewer articles are one row together
# Reads articles from standard input and writes pages, a JSON string a line.
RENDER = r"""<?php
require_once getenv('MEDIAWIKI') . '/maintenance/Maintenance.php';
use MediaWiki\MediaWikiServices;
class RenderArticles extends Maintenance {
    public function execute() {
        $parser = MediaWikiServices::getInstance()->getParser();
        $title = Title::newFromText('A page of the benchmark');
        while (($line = fgets(STDIN)) !== false) {
            $options = ParserOptions::newFromAnon();
            $options->setTemplateCallback(fn () => ['text' => '', 'deps' => []]);
            $page = $parser->parse(json_decode($line), $title, $options);
            $shown = $page->getText(['allowTOC' => false, 'enableSectionEditLinks' => false]);
            fwrite(STDOUT, json_encode($shown) . "\n");
        }
    }
}
$maintClass = RenderArticles::class;
require_once RUN_MAINTENANCE_IF_MAIN;
"""
SETTINGS = r"""
wfLoadExtensions(['Cite', 'ParserFunctions', 'Poem', 'ImageMap', 'SyntaxHighlight_GeSHi']);
$wgLanguageCode = getenv('WIKI_LANGUAGE');
$wgMainCacheType = CACHE_NONE;
$wgEnableUploads = true;  // so that a link to a missing picture can be told apart
$wgHooks['InterwikiLoadPrefix'][] = function ($prefix, &$found) {
    $languages = MediaWiki\MediaWikiServices::getInstance()->getLanguageNameUtils();
    if (!$languages->isKnownLanguageTag($prefix)) {
        return true;
    }
    $found = ['iw_prefix' => $prefix, 'iw_url' => 'https://example.org/$1', 'iw_local' => 1,
        'iw_api' => '', 'iw_wikiid' => '', 'iw_trans' => 0];
    return false;
};
"""
# No words of the article: notes, and names of pictures that this wiki has not got.
_NOTES = ".//style|.//script|.//sup[contains(@class,'reference')]|.//*[contains(@class,"
_NOTES += "'references')]|.//a[contains(@href,'wpDestFile')]|.//*[contains(@class,'error')]"
_BESIDE = ".//table|.//*[contains(@class,'thumb')]|.//figure|.//*[contains(@class,'gallery')]"


class Wiki:
    """A MediaWiki with an empty database in a folder."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._run(
            "install.php", "--dbtype", "sqlite", "--dbpath", folder, "--confpath", folder,
            "--dbname", "wiki", "--pass", "only for this folder", "--scriptpath", "/w",
            "wiki", "admin",
        )  # fmt: skip
        with (self._folder / "LocalSettings.php").open("a") as settings:
            settings.write(SETTINGS)
        (self._folder / "render.php").write_text(RENDER)

    def _run(self, *command: str, given: str = "", language: str = "en") -> str:
        script, *options = command
        path = self._folder / script
        path = path if path.exists() else MEDIAWIKI / "maintenance" / script
        done = subprocess.run(
            ["php", str(path), *options],
            input=given,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "MEDIAWIKI": str(MEDIAWIKI), "WIKI_LANGUAGE": language},
        )
        return done.stdout

    def rendered(self, pages: list[str], language: str) -> list[str]:
        lines = "".join(json.dumps(page) + "\n" for page in pages)
        settings = str(self._folder / "LocalSettings.php")
        shown = self._run("render.php", "--conf", settings, given=lines, language=language)
        return [json.loads(line) for line in shown.splitlines()]


def shown_words(page: str, running_text: bool) -> collections.Counter[str]:
    """The words of a rendered page, of all of it or without its tables and pictures."""
    tree = lxml_html.fromstring(f"<div>{page}</div>")
    for element in tree.xpath(f"{_NOTES}|{_BESIDE}" if running_text else _NOTES):
        if element.getparent() is not None:
            element.drop_tree()
    for element in tree.iter("br", "p", "li", "td", "th", "div", "dd", "dt", "h2", "h3"):
        element.tail = f" {element.tail or ''}"
        element.text = f" {element.text or ''}"
    return words(tree.text_content())


def words(text: str) -> collections.Counter[str]:
    return collections.Counter(WORD.findall(text.lower()))


def without_templates(parser: Any, page: str) -> str:
    code = parser.parse(page)
    for node in code.filter_templates(recursive=False):
        with contextlib.suppress(ValueError):
            code.remove(node)
    return re.sub(r"<(math|chem|ce|score|timeline)\b.*?</\1>", "", str(code), flags=re.DOTALL)


def winnow(pages: list[str], language: str, everything: bool) -> list[str]:
    choices = {
        "tables": everything, "captions": everything, "infoboxes": False, "math": False,
    }  # fmt: skip
    found: list[str] = wikitext_to_text(
        pa.array(pages, pa.large_string()), markup_of(choices, language)
    ).to_pylist()
    return found


def table() -> None:
    """Prints the shares, or why there are none."""
    parser = peer("mwparserfromhell")
    if parser is None or shutil.which("php") is None or not MEDIAWIKI.is_dir():
        print("\nNo words of rendered articles: they need mwparserfromhell and MediaWiki "
              "(apt-get install mediawiki php-sqlite3).")  # fmt: skip
        return
    makers: dict[str, Callable[[list[str], str], list[str]]] = {
        "winnow": lambda pages, language: winnow(pages, language, False),
        "winnow, tables and captions": lambda pages, language: winnow(pages, language, True),
        "mwparserfromhell": lambda pages, _: [parser.parse(p).strip_code() for p in pages],
    }
    extract = peer("wikiextractor.extract")
    if extract is None:
        print("\nwikiextractor is not installed.")
    else:
        makers["wikiextractor"] = lambda pages, _: [
            "\n".join(extract.Extractor(1, 1, "", "", []).clean_text(p, mark_headers=True))
            for p in pages
        ]
    print("\n| wiki | articles | text | of the running text | precision | of all of the page "
          "| precision |")  # fmt: skip
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    rows: dict[str, list[tuple[str, str]]] = collections.defaultdict(list)
    for path in wikis():
        language = re.sub("wiki.*", "", path.name)
        pages = [(language, without_templates(parser, page)) for page in articles(path)]
        rows[language if len(pages) >= FEW else "others"] += pages
    with tempfile.TemporaryDirectory() as folder:
        wiki = Wiki(folder)
        for name, pages_ in rows.items():
            _rows(name, pages_, wiki, makers)


def _rows(
    name: str,
    pages: list[tuple[str, str]],
    wiki: Wiki,
    makers: dict[str, Callable[[list[str], str], list[str]]],
) -> None:
    by_language: dict[str, list[str]] = collections.defaultdict(list)
    for language, page in pages:
        by_language[language].append(page)
    shown = {code: wiki.rendered(texts, code) for code, texts in by_language.items()}
    for maker, make in makers.items():
        found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for code, texts in by_language.items():
            made = make(texts, code)
            for page, text in zip(shown[code], made, strict=True):
                own = words(text)
                for running in found:
                    seen = shown_words(page, running)
                    both = (own & seen).total()
                    if seen and own:
                        found[running].append((both / seen.total(), both / own.total()))
        cells = [f"{mean([s[i] for s in found[r]]):.4f}" for r in (True, False) for i in (0, 1)]
        print(f"| {name} | {len(pages)} | {maker} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    table()
