"""Beginnings of articles as wikis write them, in ten languages: the text reads whole.

tests/wiki_articles.yaml has the articles, which are made up, and what their pages would show,
without references, notes of editors and pictures.
"""

import re
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from filters.wikitext import Markup, hidden_namespaces, wikitext_to_text

ARTICLES = yaml.safe_load(
    Path(__file__).with_name("wiki_articles.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("language", list(ARTICLES))
def test_the_beginning_of_an_article_reads_whole(language: str) -> None:
    article = ARTICLES[language]
    files, categories = hidden_namespaces(language)
    markup = Markup(language=language, files=files, categories=categories)
    pages = pa.array([article["page"]], pa.large_string())
    text = wikitext_to_text(pages, markup)[0].as_py()
    assert re.sub(r"\n{2,}", "\n", text) == re.sub(r"\n{2,}", "\n", article["text"])
