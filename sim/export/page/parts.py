"""The parts that pages are made of: escaped text, tables, figures for a light and a dark page, the document around.

Every text is escaped here and nowhere else; a fragment is a ``str`` that is markup already.
"""

from __future__ import annotations

import base64
import html
import io
from importlib.resources import files
from typing import Any, Iterable, Mapping, Sequence

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""What a page may load: nothing but what is in it."""


def text(value: object) -> str:
    """Return *value* as text that no markup can hide in."""
    return html.escape(str(value))


def own(name: str) -> str:
    """Return a file that lies beside this module."""
    return (files("sim.export.page") / name).read_text(encoding="utf-8")


def document(title: str, body: str, styles: Iterable[str], script: str, kind: str) -> str:
    """Return a whole page of *kind* (a class of its body); *script* is one module."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{text(title)}</title><style>{''.join(styles)}</style></head>\n"
        f'<body class="{kind}">{body}<script type="module">{script}</script></body></html>\n'
    )


def section(heading: str, *parts: str, name: str = "") -> str:
    """Return a section with its heading; nothing if it would be empty."""
    inside = "\n".join(part for part in parts if part)
    anchor = f' id="{text(name)}"' if name else ""
    return f"<section{anchor}><h2>{text(heading)}</h2>\n{inside}\n</section>\n" if inside else ""


def paragraph(words: object, kind: str = "") -> str:
    """Return a paragraph; nothing without words."""
    return f"<p{_class(kind)}>{text(words)}</p>" if words else ""


def bullets(lines: Iterable[object], kind: str = "") -> str:
    """Return a list; nothing without lines."""
    inside = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<ul{_class(kind)}>{inside}</ul>" if inside else ""


def terms(pairs: Iterable[tuple[object, object]]) -> str:
    """Return a list of terms and what they are."""
    return "<dl>" + "".join(f"<dt>{text(a)}</dt><dd>{text(b)}</dd>" for a, b in pairs) + "</dl>"


def as_typed(lines: str, label: str) -> str:
    """Return text of fixed width, which can be scrolled with the keyboard too."""
    return f'<pre tabindex="0" role="region" aria-label="{text(label)}">{text(lines)}</pre>'


def table(header: Sequence[object], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """Return a table, its first column as the name of each row; nothing without rows.

    A cell may be a pair (words, class). Wide tables scroll within themselves.
    """
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td{_class(_kind(cell))}>{text(_words(cell))}</td>" for cell in rest)
        body.append(f'<tr><th scope="row"{_class(_kind(first))}>{text(_words(first))}</th>{cells}</tr>')
    if not body:
        return ""
    head = "".join(f'<th scope="col">{text(one)}</th>' for one in header)
    told = f"<caption>{text(caption)}</caption>" if caption else ""
    label = text(caption or header[0])
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table>{told}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _words(cell: object) -> object:
    return cell[0] if isinstance(cell, tuple) else cell


def _kind(cell: object) -> str:
    return str(cell[1]) if isinstance(cell, tuple) else ""


def _class(kind: str) -> str:
    return f' class="{text(kind)}"' if kind else ""


def picture(light: Any, dark: Any, words: str) -> str:
    """Return one figure in two colours, whichever the reader's page has; *words* say what is in it."""
    sources = (svg_address(light), svg_address(dark))
    return (
        f'<figure><picture><source media="screen and (prefers-color-scheme: dark)" srcset="{sources[1]}">'
        f'<img src="{sources[0]}" alt="{text(words)}" loading="lazy"></picture></figure>'
    )


def svg_address(figure: Any) -> str:
    """Return a matplotlib figure as the address of an SVG picture: the same figure gives the same bytes."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "pileup", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def interval(row: Mapping[str, Any] | None, number: Any) -> str:
    """Return a measure's mean and, on a line of its own, its 95 % interval; a dash where it could not be told.

    The interval is cut to where its measure can lie: nothing measured here is negative, no share of a whole above one.
    """
    if row is None or row["mean"] is None:
        return "–"
    words = str(number(row["mean"], row["unit"]))
    low, high = row["low"], row["high"]
    if low is None or high is None or high - low <= abs(row["mean"]) * 0.005:
        return words
    if row["unit"] in ("ratio", "share") and row["mean"] <= 1:
        high = min(1.0, high)
    return f"{words}\n{number(max(0.0, low), row['unit'])} to {number(high, row['unit'])}"
