"""Where the rooms lie that winnow is made of: `filters`, `pipelines` and the others.

An installed winnow has them below itself, out of the way of folders that people have (setup.py).
In a checkout they are top-level packages beside this one, and a folder `filters` in the working
directory would hide ours.
"""

import importlib.machinery
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

ROOMS = ("pipelines", "filters", "dedup", "tokenizer_train", "shards", "manifests")


class _Checkout:
    """Finds the rooms, and nothing else, in the checkout.

    The checkout's folder first on sys.path would do as well, but for `tests` and `benchmarks`,
    which lie there, too: whoever imports winnow has folders of these names.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in ROOMS:
            return None
        return importlib.machinery.PathFinder.find_spec(name, [str(self.folder)])


def claim() -> None:
    """Makes the rooms of this winnow the ones that its imports find.

    Raises:
      ImportError: winnow is used from a checkout, and a package of the same name as one of its
        rooms has been imported from elsewhere.
    """
    package = Path(__file__).parent
    if (package / ROOMS[0]).is_dir():
        return
    checkout = package.parent
    for room in ROOMS:
        module = sys.modules.get(room)
        if module is None:
            continue
        where = next(iter(getattr(module, "__path__", None) or [module.__file__ or ""]))
        if os.path.realpath(where) != os.path.realpath(checkout / room):
            raise ImportError(
                f"{room!r} has been imported from {where}, but winnow, which is used from its "
                f"checkout here, has a package of this name. Install winnow: an installed one "
                f"keeps all its packages below `winnow` (pip install {checkout})"
            )
    if not any(isinstance(finder, _Checkout) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Checkout(checkout))
