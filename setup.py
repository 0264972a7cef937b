"""What pyproject.toml cannot say: the wheel lays the rooms of the checkout below `winnow`.

In the checkout `filters`, `pipelines` and the other rooms are top-level packages, and imports are
written so (`from filters.text import lines`). People have folders of these names: installed beside
them, either would hide the other. So the wheel holds `winnow/filters` and so on, and the copies say
`from winnow.filters.text import lines`; no line is added or taken away. An editable install stays
as the checkout is. docs/design.md says what else was thought of.
"""

import ast
from pathlib import Path
from typing import Any

import setuptools
from setuptools.command.build_py import build_py

TOP = "winnow"


def moved_imports(source: bytes, rooms: frozenset[str], path: str) -> bytes:
    """A module's source in which `from <room>` has become `from winnow.<room>`.

    Raises:
      SyntaxError: a room is imported as `import <room>`, which cannot be moved so.
    """
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Import):
            if plain := {alias.name.split(".")[0] for alias in node.names} & rooms:
                told = f"write `from {min(plain)}... import ...`"
                raise SyntaxError(told, (path, node.lineno, 1, None))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in rooms:
            line, name = lines[node.lineno - 1], str(node.module).encode()
            start = line.index(name, node.col_offset + len("from "))
            lines[node.lineno - 1] = line[:start] + f"{TOP}.".encode() + line[start:]
    return b"".join(lines)


class BuildPy(build_py):
    """Copies packages to where the wheel has them."""

    rooms: frozenset[str] = frozenset()

    def run(self) -> None:
        if not self.editable_mode:
            self.rooms = frozenset(package.split(".")[0] for package in self.packages) - {TOP}
            self.package_dir |= {f"{TOP}.{room}": room for room in self.rooms}
            self.packages = [self._moved(package) for package in self.packages]
            self.package_data = {self._moved(p): globs for p, globs in self.package_data.items()}
        super().run()

    def _moved(self, package: str) -> str:
        return f"{TOP}.{package}" if package.split(".")[0] in self.rooms else package

    def build_module(self, module: str, module_file: str, package: Any) -> Any:
        built: tuple[str, bool] = super().build_module(module, module_file, package)
        if self.rooms:
            copy = Path(built[0])
            copy.write_bytes(moved_imports(copy.read_bytes(), self.rooms, module_file))
        return built


class Distribution(setuptools.Distribution):
    """Claims one top-level name, whatever the checkout's packages are."""

    def iter_distribution_names(self) -> Any:
        yield TOP


setuptools.setup(cmdclass={"build_py": BuildPy}, distclass=Distribution)
