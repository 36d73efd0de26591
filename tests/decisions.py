"""The decisions' headings with date and status, and the index made from them: python -m tests.decisions writes both.

A decision is a heading `## N. Title`, then one line in italics: `*Accepted 2026-11-22.*`, and where it has changed
since, `*Accepted 2026-11-22, revised 2026-11-30.*`, `*…, revised by 88.*` or `*…, superseded by 93.*`. A decision
without this line gets the date of the commit that brought its title, or today's.
"""

from __future__ import annotations

import datetime
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "decisions.md"
INDEX = re.compile(r"(?<=<!-- index: python -m tests.decisions -->\n).*?(?=<!-- end of the index -->)", re.DOTALL)
HEADING = re.compile(r"^## (\d+)\. (.+)\n", re.MULTILINE)
STATUS = re.compile(
    r"\n\*Accepted (?P<date>\d{4}-\d\d-\d\d)"
    r"(?:, (?P<later>(?:revised|superseded) by (?P<by>\d+)|revised (?P<again>\d{4}-\d\d-\d\d)))?\.\*\n"
)


class Decision(NamedTuple):
    """One heading of the page; *date* is empty where its line is missing, *status* is `accepted` or what came later."""

    number: int
    title: str
    date: str
    status: str
    by: int | None

    def anchor(self) -> str:
        """Return the fragment of the heading's address, as GitHub makes it."""
        kept = re.sub(r"[^\w\- ]", "", f"{self.number}. {self.title}".lower())
        return kept.replace(" ", "-")


def decisions(text: str) -> list[Decision]:
    """Return all decisions of the page in its order."""
    found = []
    for heading in HEADING.finditer(text):
        status = STATUS.match(text, heading.end())
        number, title = int(heading[1]), heading[2]
        if status is None:
            found.append(Decision(number, title, "", "", None))
        else:
            by = int(status["by"]) if status["by"] else None
            found.append(Decision(number, title, status["date"], status["later"] or "accepted", by))
    return found


def index(text: str) -> str:
    """Return the table that the page begins with."""
    rows = [f"| {one.number} | [{one.title}](#{one.anchor()}) | {one.date} | {one.status} |" for one in decisions(text)]
    return "\n".join(["", "| | decision | date | status |", "|---|---|---|---|", *rows, "", ""])


def written(text: str) -> str:
    """Return *text* with a line for each decision that has none, and its index made from the headings."""

    def dated(heading: re.Match[str]) -> str:
        if STATUS.match(text, heading.end()):
            return heading[0]
        return f"{heading[0]}\n*Accepted {_first_seen(heading[2])}.*\n"

    text = HEADING.sub(dated, text)
    return INDEX.sub(lambda _: index(text), text)


def _first_seen(title: str) -> str:
    log = ("git", "log", "--reverse", "--format=%ad", "--date=short", "-S", f". {title}\n", "--", str(PAGE))
    dates = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return dates[0] if dates else datetime.date.today().isoformat()


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
