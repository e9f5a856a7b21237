"""Reports as pages that stand alone: no script, nothing from elsewhere, light or dark, narrow or wide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from string import Template

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Vivier: $title</title>
<style>
:root { color-scheme: light dark; --ink: #1d2429; --paper: #ffffff; --bar: #2f7d86; --other: #b4692b; --faint: #d5dcdf;
  --warn: #a33a16; --good: #2c6e3f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9eb; --paper: #14191c; --bar: #4fb3bd; --other: #e3a063; --faint: #37424a;
    --warn: #ff9c78; --good: #7fd09a; }
}
body { margin: 0 auto; padding: 1rem; max-width: 66rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; border-bottom: 1px solid var(--faint); }
.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem; }
.side > * { min-width: 0; } .wide { overflow-x: auto; }
figure { margin: 0; } svg { width: 100%; max-width: 30rem; height: auto; }
table { border-collapse: collapse; margin: .5rem 0; } caption { text-align: left; font-weight: 600; }
th, td { padding: .15rem .9rem .15rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--faint); }
thead th + th { text-align: right; } thead th + th.words { text-align: left; }
.whole { white-space: nowrap; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
th { font-weight: 400; }
.warn { color: var(--warn); font-weight: 600; } .good { color: var(--good); font-weight: 600; }
.key { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 .9em; }
details { margin: .6rem 0; border-bottom: 1px solid var(--faint); } summary { cursor: pointer; padding: .2rem 0; }
.why { color: color-mix(in srgb, var(--ink) 80%, var(--paper)); font-size: .92rem; }
</style>
</head>
<body>
<main>
<h1>$heading</h1>
$body
</main>
</body>
</html>
""")


def document(title: str, heading: str, body: str) -> str:
    """A whole page; `body` is HTML, the others are texts."""
    return _PAGE.substitute(title=escape(title), heading=escape(heading), body=body)


def table(caption: str, rows: Mapping[str, str]) -> str:
    """Labels and their values."""
    cells = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="number">{escape(value)}</td></tr>'
        for label, value in rows.items()
    )
    return f'<div class="wide"><table><caption>{escape(caption)}</caption>{cells}</table></div>'


def grid(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a head; the first column names the row, the others are numbers."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f'<td class="number">{escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def figure(drawn: str) -> str:
    """A drawing in the page."""
    return f"<figure>{drawn}</figure>"


def beside(parts: Iterable[str]) -> str:
    """Parts next to each other where there is room."""
    return f'<div class="side">{"".join(parts)}</div>'
