"""docs/report.png and docs/report-phone.png: parts of the demo's report, as a Chromium shows them
(`make report-picture`).
"""

import sys
import tempfile
from pathlib import Path

from tests import chromium

WIDTH, OF_PHONE = 1160, 390
SHOWN = """
for (const id of ["reasons", "languages", "cost", "clusters", "pii", "provenance"])
  document.getElementById(id).parentElement.remove();
[...document.querySelectorAll("figure")].slice(6).forEach(figure => figure.remove());
document.querySelectorAll("input[type=range]")[3].focus();
"""


def main(report: Path, picture: Path, of_phone: Path) -> None:
    program = chromium.found()
    if program is None:
        sys.exit("no Chromium on the PATH; name one by WINNOW_CHROMIUM")
    with tempfile.TemporaryDirectory() as profile, chromium.opened(program, Path(profile)) as page:
        page.show(WIDTH, 900)
        page.open(report)
        page.value(SHOWN)
        for _ in range(5):
            page.press("ArrowRight", 39)
        page.value("document.activeElement.blur()")
        height = page.value("document.documentElement.scrollHeight")
        page.picture(picture, {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 0.8})
        page.show(OF_PHONE, 844)
        part = {"x": 0, "y": 0, "width": OF_PHONE, "height": 1600, "scale": 1}
        page.picture(of_phone, part)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
