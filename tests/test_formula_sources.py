"""Formulas whose source stands in images, attributes and sections of CDATA are written as LaTeX."""

import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import whole_text

GITHUB = "https://render.githubusercontent.com/render/math"


def shown(html: str) -> str:
    return whole_text(HTMLTree.parse(f"<body>{html}"))


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("so <img class=math src='_images/math/3f.png' alt='\\sqrt{5}'/> is", "so $\\sqrt{5}$ is"),
        ("<p>a<div class=math><p><img class=math src=m.png alt='a &lt; b'></p></div><p>b",
         "a\n\n$a < b$\n\nb"),
        ("so <img eeimg=1 src='//www.zhihu.com/equation?tex=y%5E3' alt='y^3'>", "so $y^3$"),
        ("so <img src='//www.zhihu.com/equation?tex=y%5E3' alt='[formula]'>", "so $y^3$"),
        ("so <span class=ztext-math data-eeimg=1 data-tex='y^3'>y3</span>", "so $y^3$"),
        ("so <span data-formula='k_2'></span>", "so $k_2$"),
        ("so <img data-formula='k_2' src=k.svg>", "so $k_2$"),
        ("so <img class=equation_image alt='LaTeX: x' data-equation-content='y'>", "so $y$"),
        ("so <img class=mathtex alt=v_1>, <img class=texrender alt=v_2>", "so $v_1$, $v_2$"),
        ("so <img class=formulaImg alt='v'> <img alt='\\(w\\)'>", "so $v$ $w$"),
        (f"so <img src='{GITHUB}?math=a%2Bb%20%5Cne%20c'>", "so $a+b \\ne c$"),
        ("so <img src='//chart.googleapis.com/chart?cht=tx&amp;chl=z%3D1'>", "so $z=1$"),
        ("so <img src='https://math.now.sh?from=%5Cpi'>", "so $\\pi$"),
        ("so <mjx-container><svg data-latex='t^2'><g data-latex=t>t</g></svg></mjx-container>",
         "so $t^2$"),
        ("so <script type='math/tex'>% <![CDATA[\nx<5 & y %]]></script>", "so $x<5 & y$"),
        ("so <img class=math alt=math src=7.png> <img class=photo alt='a mill'> is", "so is"),
        ("so <img class=math src='http://[/render/math?math=x'> is", "so is"),
    ],
)  # fmt: skip
def test_sources_of_formulas_are_found(html: str, expected: str) -> None:
    assert shown(html) == expected


@pytest.mark.parametrize(
    ("mathml", "expected"),
    [
        ("<mmultiscripts><mi>U</mi><mprescripts/><mn>92</mn><mn>235</mn></mmultiscripts>",
         "_92^235U"),
        ("<mmultiscripts><mi>Xe</mi><mi>i</mi><mrow><mn>2</mn><mo>+</mo></mrow><mprescripts/>"
         "<none/><mn>124</mn></mmultiscripts>", "^124Xe_i^(2+)"),
        ("<mmultiscripts></mmultiscripts><mi>x</mi>", "x"),
        ("<mn>10</mn><mspace width='1em'/><mn>20</mn>", "10 20"),
        ("<mi>a</mi><mspace width='1em'/><mi>b</mi>", "ab"),
        ("<mo>(</mo><mfrac linethickness='0pt'><mi>n</mi><mi>k</mi></mfrac><mo>)</mo>", "(n; k)"),
        ("<mfrac linethickness='0.5pt'><mi>n</mi><mi>k</mi></mfrac>", "n/k"),
    ],
)  # fmt: skip
def test_mathml_that_has_no_order_on_a_line(mathml: str, expected: str) -> None:
    assert shown(f"<math>{mathml}</math>") == expected


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [("m+1", "4", "k (m+1)/4"), ("a", "b−c", "k a/(b−c)"), ("1", "4", "k 1/4")],
)
def test_fractions_of_wikipedia_have_brackets(above: str, below: str, expected: str) -> None:
    parts = f"<span class=num>{above}</span><span class=sr-only>/</span><span class=den>{below}"
    assert shown(f"k <span class=sfrac><span class=tion>{parts}</span></span></span>") == expected
    assert shown(f"k <span class='sfrac tion'>{parts}</span></span>") == expected
