"""What the page takes from others, brought into service/ui/assets: Preact, htm, and outlines of the world.

    npm install --prefix FOLDER preact@11.2.0 htm@3.1.1 world-atlas@2.0.2
    python deploy/page/third_parties.py FOLDER/node_modules

The result is committed: running the page needs neither npm nor a build.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parents[2] / "service" / "ui" / "assets"
# A browser without an import map knows no bare names, and a policy without 'unsafe-inline' allows no import map.
NAMED = {"vendor/preact.js": "preact/dist/preact.mjs", "vendor/hooks.js": "preact/hooks/dist/hooks.mjs"}
MODULES = {**NAMED, "vendor/htm.js": "htm/dist/htm.mjs"}
LICENCES = {"vendor/preact.LICENSE.txt": "preact/LICENSE", "vendor/htm.LICENSE.txt": "htm/LICENSE"}
WIDTH = 1200  # of the map's grid: a step is a third of a degree, finer than the outlines themselves
SOUTH = -58.0  # nobody is shown in Antarctica
Point = tuple[int, int]


def projected(longitude: float, latitude: float) -> tuple[float, float]:
    """Equal Earth (Šavrič, Patterson, Jenny 2018): areas are true, and the north is not larger than it is."""
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    two, six = theta * theta, theta**6
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(theta)
    x /= 3 * (9 * a4 * six * two + 7 * a3 * six + 3 * a2 * two + a1)
    y = theta * (a4 * six * two + a3 * six + a2 * two + a1)
    return x, y


EAST, NORTH = projected(180, 0)[0], projected(0, 84)[1]


def on_grid(longitude: float, latitude: float) -> Point:
    """A place on the map's grid, x to the right and y downwards."""
    x, y = projected(longitude, latitude)
    scale = WIDTH / (2 * EAST)
    return round((x + EAST) * scale), round((NORTH - y) * scale)


def arcs_of(topology: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """The arcs of a TopoJSON file as longitudes and latitudes."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append((x * kx + dx, y * ky + dy))
        found.append(line)
    return found


def rings_of(shape: dict[str, Any]) -> Iterator[list[int]]:
    """The rings of a polygon or multipolygon, each as numbers of arcs."""
    if shape["type"] == "Polygon":
        yield from shape["arcs"]
    elif shape["type"] == "MultiPolygon":
        for polygon in shape["arcs"]:
            yield from polygon


def line_of(ring: Iterable[int], arcs: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """A ring's places; an arc with a negative number runs backwards."""
    line: list[tuple[float, float]] = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        line += arc[1:] if line else arc
    return line


def halves(line: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """A line that crosses the date line as one that ends there and one that begins there; others as they are."""
    unrolled, turn = [line[0]], 0.0
    for (before, _), (longitude, latitude) in pairwise(line):
        turn += 360 * (longitude - before < -180) - 360 * (longitude - before > 180)
        unrolled.append((longitude + turn, latitude))
    turns = {math.floor((longitude + 180) / 360) for longitude, _ in unrolled}
    if turns == {0}:
        return [unrolled]
    moved = [[(longitude - 360 * turn, latitude) for longitude, latitude in unrolled] for turn in sorted(turns)]
    return [_east_of(-180.0, [(-x, y) for x, y in _east_of(-180.0, [(-x, y) for x, y in one])]) for one in moved]


def _east_of(edge: float, line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A closed line without what lies west of an edge (Sutherland and Hodgman)."""
    kept = []
    for (x1, y1), (x2, y2) in pairwise([line[-1], *line]) if line else ():
        if (x1 < edge) != (x2 < edge):
            kept.append((edge, y1 + (y2 - y1) * (edge - x1) / (x2 - x1)))
        if x2 >= edge:
            kept.append((x2, y2))
    return kept


def path(line: list[tuple[float, float]], *, closed: bool) -> str:
    """A line as an SVG path of whole steps, points that fall together left out; empty for a speck."""
    return "".join(_path(half, closed=closed) for half in halves(line))


def _path(line: list[tuple[float, float]], *, closed: bool) -> str:
    points = [on_grid(*place) for place in line]
    if not points:
        return ""
    kept = [points[0]] + [two for one, two in pairwise(points) if one != two]
    if len(kept) < (4 if closed else 2):
        return ""
    steps = [f"{x2 - x1}{y2 - y1 if y2 < y1 else f' {y2 - y1}'}" for (x1, y1), (x2, y2) in pairwise(kept)]
    joined = steps[0] + "".join(step if step.startswith("-") else f" {step}" for step in steps[1:])
    return f"M{kept[0][0]} {kept[0][1]}l{joined}{'z' if closed else ''}"


def outlines(atlas: dict[str, Any]) -> dict[str, Any]:
    """The land as one path and the borders between countries as another."""
    arcs = arcs_of(atlas)
    land = [line_of(ring, arcs) for shape in atlas["objects"]["land"]["geometries"] for ring in rings_of(shape)]
    users: dict[int, int] = {}
    for country in atlas["objects"]["countries"]["geometries"]:
        for ring in rings_of(country):
            for number in ring:
                users[number if number >= 0 else ~number] = users.get(number if number >= 0 else ~number, 0) + 1
    borders = [arcs[number] for number, count in sorted(users.items()) if count > 1]
    shown = [line for line in land if max(latitude for _, latitude in line) > SOUTH]
    return {
        "width": WIDTH,
        "height": on_grid(0, SOUTH)[1],
        "land": "".join(path(line, closed=True) for line in shown),
        "borders": "".join(path(line, closed=False) for line in borders),
    }


def main(packages: Path) -> None:
    """Write every file anew."""
    for target, source in MODULES.items():
        text = (packages / source).read_text(encoding="utf-8").replace('from"preact"', 'from"./preact.js"')
        lines = [line for line in text.splitlines() if not line.startswith("//# sourceMappingURL")]
        (ASSETS / target).write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    for target, source in LICENCES.items():
        (ASSETS / target).write_text((packages / source).read_text(encoding="utf-8").strip() + "\n", encoding="utf-8")
    atlas = json.loads((packages / "world-atlas" / "countries-110m.json").read_text(encoding="utf-8"))
    (ASSETS / "maps" / "world.json").write_text(json.dumps(outlines(atlas)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
