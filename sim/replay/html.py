"""The player inside a document: data that cannot end its script, a page of its own, and a frame for notebooks.

Data is written as JSON in a script element that no browser runs, with ``<``, ``>`` and ``&`` escaped, so that no name
in it can close the element or begin a comment. The player writes it with ``textContent`` only.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Mapping

from sim.markup import render, trusted
from sim.replay.timeline import to_json

if TYPE_CHECKING:
    from markupsafe import Markup

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def assets() -> tuple[str, str]:
    """Return the player's module and its style sheet as texts.

    The module is a bundle that ``web/`` makes. Its exports ``mount`` and ``mountAll`` keep their names, so that what
    follows it in the same script element can call them.
    """
    here = files("sim.replay") / "player"
    script, style = ((here / name).read_text(encoding="utf-8") for name in ("player.js", "player.css"))
    return script, style


def json_for_html(data: Any) -> Markup:
    r"""Return *data* as JSON that is safe anywhere inside a script element, and is not escaped again.

    >>> str(json_for_html("</script><!--"))
    '"\\u003c/script\\u003e\\u003c!--"'
    """
    text = to_json(data)
    for character, escape in _ESCAPED.items():
        text = text.replace(character, escape)
    return trusted(text)


def embedded(data: Any, options: Mapping[str, Any] | None = None, name: str = "replay") -> Markup:
    """Return an element and its data, for a document that calls ``mountAll()`` of the player's module once.

    *name* must be a plain word and different for each player of a document.
    """
    payload = json_for_html({"data": data, "options": dict(options or {})})
    return render("sim.replay", "player.html", name=name, data=payload)


def page(data: Any, options: Mapping[str, Any] | None = None, title: str = "") -> str:
    """Return a document of its own that plays *data* and loads nothing.

    *options* are those of the player's ``mount``: ``theme`` (auto, light, dark), ``projector``, ``speed``, ``at``,
    ``autoplay``, ``stopAt``.
    """
    script, style = assets()
    first = data["sides"][0] if "sides" in data else data
    player = embedded(data, {"heading": True, **(options or {})})
    code = {"style": trusted(style), "script": trusted(script)}
    return str(render("sim.replay", "page.html", title=title or first["title"], player=player, **code))


class Replay:
    """A replay that shows itself in a notebook, in a frame of its own; ``html`` is the document in it."""

    def __init__(self, data: Any, options: Mapping[str, Any] | None = None, height_px: int = 860) -> None:
        self.data = data
        self.options = dict(options or {})
        self.height_px = height_px

    @property
    def html(self) -> str:
        """The document as text, to be written to a file."""
        return page(self.data, self.options)

    def _repr_html_(self) -> str:
        """Return a frame: its scripts and styles cannot meet those of the notebook."""
        return str(render("sim.replay", "frame.html", page=self.html, height_px=self.height_px))

    def __repr__(self) -> str:
        first = self.data["sides"][0] if "sides" in self.data else self.data
        return f"<Replay of {first['title']!r}: show it in a notebook, or write its .html to a file>"
