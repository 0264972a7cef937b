"""White space of code, tables and verse stays, that of prose goes; and no step loses what shows."""

import argparse
import collections
import inspect
import random
import re
import textwrap
import time
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from filters.text.layout import collapse
from filters.text.normalize import DEFAULT_STEPS, STEPS, normalize

CODE = {
    "a quotation": "She said:\n\n> ```\n> if x:\n>   y\n> ```\n>\n> and left\n",
    "an item": "Steps of it:\n\n- ```\n  for  x\n    y\n  ```\n",
    "python": '''\
import os  # of the system
import sys


WIDTH  = 80
height = 24


class Table:
    """Rows   and columns."""

    names = {"a":   1,    # the first
             "bcd": 2}    # the second


def area(x, y):
\tif x:  # tabs
\t\treturn x  *  y
    ''',
    "string": 'Try it:\n\nprint("a    b")\n\nIt works.',
    "assigned": "x = 'a  b'",
    "makefile": """\
CC      = gcc
CFLAGS  = -O2   -Wall
OBJECTS\t= a.o b.o

all: $(OBJECTS)
\t$(CC)  $(CFLAGS)\t-o all $(OBJECTS)
\t@echo "done   now"


clean:
\trm  -f *.o""",
    "yaml": """\
services:
  web:    nginx
  db:     postgres   # version 15
ports:
  - "80:80"


  - "443:443"
text: |
    two  spaces
      stay""",
    "c": """\
#define A      1
#define LONGER 22

int main(void)
{
    int  x = 1;     /* one */
    char *s;        /* two */


    return x;
}""",
    "sql": """\
SELECT id,    -- the key
       name
FROM   people
WHERE  age > 3""",
    "indented throughout": "    def f():\n        return  1",
    "markdown": """\
# Title

```sh
ls   -l

\t
cat  a    b


```

| name   | number |
| ------ | -----: |
| a      |     12 |
| longer |      3 |

Text.

    indented   code

~~~
x   y
~~~""".replace("\n\t\n", "\n\n"),
    "psql": """\
 id |  name   | age
----+---------+-----
  1 | Ann     |  33
 22 | Barbara |   4""",
    "columns": """\
Name      Born   Died
Euler     1707   1783
Gauss     1777   1855
Noether   1882   1935""",
    "numbers": "apples    12\npears      3\nquinces  100",
    "tabs": "name\tqty\nab\t\t3\nlonger name\t44",
    "drawing": r"""+-----+       +-----+
| one |  -->  | two |
+-----+       +-----+

 /\_/\
( o.o )     (\_/)
 > ^ <      (='.'=)""",
    "cat": " /\\_/\\\n( o.o )\n > ^ <",
    "folders": """\
src
├── a
│\xa0\xa0 ├── b.py
│   └── c.py
└── d""",
    "staggered poem": """\
the sky     was
can    dy lu
minous
    edible
spry
    pinks     shy""",
    "poem of halves": "Hwæt we gardena         in geardagum\nþeodcyninga      þrym gefrunon",
    "arabic": "    قال:\n        السلام  عليكم   # تحية",
    "hindi": "| नाम    | संख्या |\n| ------ | ------ |\n| कमल    | १२     |",
    "thai": "ชื่อ      จำนวน\nแมว      สอง\nหมา      สาม",
    "chinese": "名称    数量\n苹果    3\n香蕉    12",
}  # fmt: skip
CODE = {name: text.rstrip() for name, text in CODE.items()}

PROSE = {
    "one line": ("It  was   a dark \xa0 night.", "It was a dark night."),
    "typed": (
        "It rained.  We went home.\nIt snowed.  We stayed in.",
        "It rained. We went home.\nIt snowed. We stayed in.",
    ),
    "justified": (
        "The  quick brown fox  jumps over  the\nlazy  dog and then it  goes home  again",
        "The quick brown fox jumps over the\nlazy dog and then it goes home again",
    ),
    "blank lines": ("One.\n\n\n\nTwo.", "One.\n\nTwo."),
    "beside code": (
        "Some  text.\n\n```\na   b\n```\n\nMore  of  it.\n\nAnd  more  of  it.\n\nThe  end.",
        "Some text.\n\n```\na   b\n```\n\nMore of it.\n\nAnd more of it.\n\nThe end.",
    ),
    "quotation": ('It said ("oh  my") and "no  more".', 'It said ("oh my") and "no more".'),
    "hindi": ("यह  एक   वाक्य है।", "यह एक वाक्य है।"),
    "burmese": ("မြို့တော်  ကြို့ကြို့", "မြို့တော် ကြို့ကြို့"),
    "thai": ("แมว   กับ  หมา", "แมว กับ หมา"),
    "chinese": ("\u3000\u3000今天  天气很好。", "今天 天气很好。"),
}


def normal(text: str, *steps: str) -> Any:
    return normalize(pa.array([text], pa.large_string()), steps or DEFAULT_STEPS)[0].as_py()


@pytest.mark.parametrize("text", CODE.values(), ids=CODE)
def test_default_steps_leave_layout_byte_for_byte(text: str) -> None:
    assert normal(text) == text
    assert collapse(text) == text
    assert normal(f"\n \n{text}\n\n") == text
    assert normal(text.replace("\n", "  \r\n")) == text


@pytest.mark.parametrize(("text", "expected"), PROSE.values(), ids=PROSE)
def test_white_space_of_prose_collapses(text: str, expected: str) -> None:
    assert normal(text) == expected
    assert collapse(text) == expected


@pytest.mark.parametrize("text", CODE.values(), ids=CODE)
@pytest.mark.parametrize("step", STEPS)
def test_each_step_leaves_layout_alone(step: str, text: str) -> None:
    assert normal(text, step) == text


@pytest.mark.parametrize("module", [textwrap, inspect, collections, random, argparse, pa, re])
def test_modules_of_python_come_through(module: Any) -> None:
    source = Path(module.__file__).read_text().replace("\x0c", "")
    assert normal(source).split("\n") == [line.rstrip() for line in source.rstrip().split("\n")]


def pieced_together(count: int) -> list[str]:
    """Lines of all samples and odd white space, in any order."""
    draw = random.Random(7)
    texts = [*CODE.values(), *(given for given, _ in PROSE.values())]
    lines = [line for text in texts for line in text.split("\n")]
    odd = ["", "", " ", "\t", "\xa0", "```", "\xa0```", " \xa0 a  = b", "a\xa0  |  b",
           " \u3000|  a", "````", "~~~ x", "e\u0301  #  x", "\u200b  a", "\x0c",
           "a \t b", "\tc\td"]  # fmt: skip
    return ["\n".join(draw.choices([*lines, *odd], k=draw.randrange(1, 9))) for _ in range(count)]


@pytest.mark.parametrize("steps", [DEFAULT_STEPS, STEPS, *((step,) for step in STEPS)])
def test_idempotent_and_nothing_visible_goes(steps: tuple[str, ...]) -> None:
    texts = pieced_together(4000)
    once = normalize(pa.array(texts, pa.large_string()), steps)
    again = normalize(once, steps).to_pylist()
    for text, first, second in zip(texts, once.to_pylist(), again, strict=True):
        assert second == first, text
        assert visible(first) == visible(text)


def visible(text: str) -> str:
    """Letters, digits, signs and combining marks, as canonically equivalent text."""
    shown = (c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c)[0] in "LMNPS")
    return "".join(shown)


def test_texts_are_collapsed_alike_wherever_they_stand_in_a_batch() -> None:
    texts = pieced_together(500)
    whole = normalize(pa.array(texts, pa.large_string()), ("whitespace",)).to_pylist()
    assert whole == [collapse(text) for text in texts]


@pytest.mark.parametrize(
    "piece",
    [
        "a  b",
        "  ",
        "\t",
        "```\n",
        "`",
        "|  ",
        "a  = b\n",
        "\n",
        "  a\n",
        "\xa0 ",
        "# -- //  ",
        'f("  ',
        "f('a  \n",
    ],
)
def test_time_is_linear(piece: str) -> None:
    def seconds(size: int) -> float:
        text = "x" + piece * (size // len(piece)) + "x"
        begun = time.process_time()
        collapse(text)
        return time.process_time() - begun

    assert min(seconds(400_000) for _ in range(3)) < 12 * min(seconds(100_000) for _ in range(3))


def test_documentation_lists_every_step_in_order_and_the_default_ones() -> None:
    page = (Path(__file__).parents[1] / "docs" / "text.md").read_text()
    section = page.split("## Normalisation\n")[1]
    rows = re.findall(r"^\| (\**)`(\w+)`\1 \| ", section, re.MULTILINE)
    assert tuple(name for _, name in rows) == STEPS
    assert tuple(name for bold, name in rows if bold) == DEFAULT_STEPS
