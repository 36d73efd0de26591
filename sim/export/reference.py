"""The reference of the format on one page of Markdown: every key, every law of chance, every measure.

It is made of the docstrings of the models and the declarations of the measures, like the JSON Schema and ``pileup
explain-field``, so the three cannot differ.

Not modelled: rules between keys, which ``pileup validate`` checks.
"""

from __future__ import annotations

from typing import Iterator, Sequence

from sim.quantities import LAW_FORMS
from sim.results.measures.registry import NAMES
from sim.scenario.schema import EXTENDS, Key, declared_kinds, reference

PARTS = (
    ("The file", ("scenario", "defaults")),
    ("Who asks", ("workload", "task")),
    ("Who answers", ("service", "batch consumer", "cpu", "host", "queue", "store")),
    ("What an operation does, step by step", ("step ",)),
    ("Links, and what a caller does about failures",
     ("link", "retry", "retry budget", "breaker", "hedge", "bulkhead", "call limit", "throttle", "cache", "links.")),
    ("What a service does about too much work",
     ("rate limit", "shed", "concurrency", "refuse late", "autoscale", "health checks", "slow start", "services.")),
    ("What breaks", ("fault ",)),
    ("What an operator does", ("action ",)),
    ("What is switched and what is claimed", ("toggle", "claim")),
)  # fmt: skip
"""The chapters, each with the parts of the format it holds, in order: by name; by the beginning of several names, which
ends in a blank; or all others that a room of ``sim.mechanisms`` declares, by the room's name, which ends in a point."""

WORDS = """\
A file is YAML 1.2. Keys are plain English, with spaces or underscores. Whatever has a dimension has its unit:
durations (`250ms`, `30s`, `2min`), rates (`100/s`), shares (`5%`), factors (`10x`), sizes (`2GB`). `pileup validate
FILE` reports all problems of a file at once, each with its line and column. Variants and toggles are merge patches
(RFC 7386) on the file, and `--set path=value` changes one value: `--set services.shop.workers=4`, `--set
links.shop:bank.timeout=1s`. [textbook.md](textbook.md) says how to write down the systems that textbooks solve.
"""

WINDOWS = """\
Requests and messages belong to the window in which they arrive, and are followed to the run's end. Attempts,
deliveries, decisions, visits and writes are counted in the window in which they happen, work in the one in which its
visit got a worker; those of the drain, after `duration`, count in each window that reaches `duration` (`all`, mostly
`after`). Rates and levels speak of the window's own seconds, without the drain. A run whose drain holds more than 1 %
of the attempts or of the work says so in a note. A fault that begins in the warm-up is measured from the warm-up's end.
A 95 % interval is cut where its unit ends: a ratio's to 0..1, a factor's to at least 1, and none goes below zero.
"""


def page() -> str:
    """Return the page."""
    lines = ["# The scenario format", "", "<!-- made by `make schema` from the models; do not edit -->", "", WORDS]
    parts = {kind: (about, keys) for kind, about, keys in reference()}
    for title, kinds in PARTS:
        lines += [f"## {title}", ""]
        for wanted in kinds:
            for kind in _named(wanted, parts):
                lines += _part(kind, *parts.pop(kind))
    if parts:
        raise KeyError(f"the reference has no chapter for {', '.join(parts)}")
    return "\n".join([*lines, *_laws(), *_measures()])


def _named(wanted: str, parts: dict[str, tuple[str, list[Key]]]) -> list[str]:
    if wanted.endswith("."):
        return [kind for kind in declared_kinds(wanted.removesuffix(".")) if kind in parts]
    return [kind for kind in parts if kind.startswith(wanted)] if wanted.endswith(" ") else [wanted]


def _part(kind: str, about: str, keys: list[Key]) -> Iterator[str]:
    yield from (f"### {kind}", "", about, "")
    if not keys and kind != "scenario":
        return
    rows = [(f"`{key.name}`", key.takes.split(" of `")[0], key.default, key.text) for key in keys]
    if kind == "scenario":
        rows.insert(1, ("`extends`", "such as `online_boutique.yaml`", "none", EXTENDS))
    yield from _table(("key", "takes", "default", "meaning"), rows)


def _laws() -> Iterator[str]:
    yield from (
        "## Laws of chance",
        "",
        "Wherever a duration is drawn, a plain duration or one of these can stand.",
        "",
    )
    yield from _table(("law", "meaning"), [(f"`{law}`", meaning) for law, meaning in LAW_FORMS.items()])


def _measures() -> Iterator[str]:
    yield from (
        "## Measures",
        "",
        "Each is measured of the parts named here, `system` being all of it, and during `all`,",
    )
    yield from (
        "`before`, `fault`, `after`, the name of a fault or an action, or a span such as `500s to 600s` that a claim"
        " asks for.",
        "",
        WINDOWS,
    )
    rows = [(f"`{name}`", about.unit, about.subjects, about.meaning) for name, about in NAMES.items()]
    yield from _table(("measure", "unit", "of a", "meaning"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
    yield ""
