"""HTML from templates: Jinja2 fills them in, and escapes every value that is not markup already.

Templates are files in the folder ``templates`` of the package that uses them. A value that a template has no name for
is an error. Only ``trusted`` exempts a text from escaping: our own scripts and style sheets, and data made safe for a
script element. No template uses the filter ``safe``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render(package: str, template: str, /, **values: object) -> Markup:
    """Return the markup of *template*, a file in the folder ``templates`` of *package*.

    >>> str(render("sim.plots", "image.html", alt='"<b>"', style="", source="data:,"))
    '<img alt="&#34;&lt;b&gt;&#34;" style="" src="data:,">'
    """
    return trusted(_environment(package).get_template(template).render(values))


def trusted(text: str) -> Markup:
    """Return *text* as markup, which no template escapes: only for a text that holds nothing of a scenario's own."""
    from markupsafe import Markup

    return Markup(text)


@cache
def _environment(package: str) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
