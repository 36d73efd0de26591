"""Patterns of prose that the project does not use, with what to write instead; and how often each file still has one.

Read are docstrings, comments and messages (strings with a space) of `sim/`, the notebooks' texts, the lessons, the
pages' templates, and the documents. What stands in backticks is a name, and is not read.
`python -m tests.words [PATH]` lists every hit, and `python -m tests.words --write` takes the counts of
`tests/words.txt` again.

Not read: scenarios, tests, scripts, and `docs/format.md`, which is made of the models' docstrings.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
NAMES = r"``.*?``|`[^`\n]*`|^ +>>>.*$|^ *rests on: .*$"
"""Pieces that are not prose: code, and in a lesson the names of claims."""
COUNTS = ROOT / "tests" / "words.txt"
MODEL = ("sim/engine", "sim/record", "sim/results", "sim/policies", "sim/mechanisms", "sim/topology")
"""Rooms in which words that are plain English elsewhere were names of parts."""


PEOPLE = ("sim/lab/lessons/", "notebooks/", "docs/teaching.md")
"""Texts that speak of people: customers, and participants of a workshop."""


class Pattern(NamedTuple):
    """What is not written, what is written instead, the rooms it holds in (everywhere without one), and exceptions."""

    avoid: str
    write: str
    rooms: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    def expression(self) -> re.Pattern[str]:
        """Return the compiled pattern; words may be parted by the end of a line."""
        spaced = re.sub(r"(\(\?<[^)]*\))| ", lambda piece: piece[1] or r"\s+", self.avoid)
        return re.compile(spaced, re.IGNORECASE)


PATTERNS = (
    Pattern(r"\b(told|tells?|telling)\b", "known, reported, given, distinguished"),
    Pattern(r"\banew\b", "again"),
    Pattern(r"\b(no|any|every|each|one|other|many) such\b|(?<!as )\bsuch (?!as\b|that\b)", "of this kind"),
    Pattern(r"\bso (many|often)\b(?! as\b| that\b)", "the number: `n`, `each n`"),
    Pattern(r"\bbeside\b", "next to, and"),
    Pattern(r"\bwho(m|ever|mever)\b", "the caller, the client, each part"),
    Pattern(r"\bwhat (became|becomes) of\b", "the outcomes of"),
    Pattern(r"\b(is|are|was|were) over\b(?! \d)", "has ended"),
    Pattern(r"\b(goes|go|going|went) on\b", "continues"),
    Pattern(r"\b(comes|came) to\b", "adds up to, arrives at"),
    Pattern(r"(?<!there )\b(is|are) no (?!longer|more\b|less\b|other\b|better\b|worse\b|slower\b)", "is not a"),
    Pattern(r"\b(some|no|every|any)body\b", "the caller, no consumer, each replica", but=PEOPLE),
    Pattern(r", for (it|they|there|that|this|otherwise|nothing|what|who|only|then|not)\b", "because"),
    Pattern(r"\berrands?\b", "logical call"),
    Pattern(r"(?<!of )\bcourses? of (a|an|the) (call|hedge)\b", "hedge branch", MODEL),
    Pattern(r"\barm(s|ed|ing)?\b", "pipeline; to start a timer", MODEL),
    Pattern(r"\bgates?\b", "strategy", MODEL),
    Pattern(r"\bdoors?\b", "admission control", MODEL),
    Pattern(r"\bguard(s|ed)?\b", "with admission control; with a breaker", MODEL),
    Pattern(r"\bshel(f|ves)\b", "cache; grouped rows"),
    Pattern(r"\bdrawers?\b", "cache entry"),
    Pattern(r"\bduties\b", "expected effects"),
    Pattern(r"\blives of\b", "replica events", MODEL),
    Pattern(r"\b(an|the) acts?\b", "defence event", MODEL),
    Pattern(r"\b(the|its) reach\b", "blast radius", MODEL),
    Pattern(r"\byardsticks?\b", "onset; before and after"),
    Pattern(r"\baudiences?\b", "workload", MODEL),
    Pattern(r"\blanes?\b", "timer queue", MODEL),
    Pattern(r"(?<!dead[ -])(?<!dead)\bletters?\b", "message, envelope", MODEL),
    Pattern(r"\bstrands?\b", "branch of a fork"),
    Pattern(r"\bfleets?\b", "autoscaling group"),
    Pattern(r"\bpromis(e|es|ed)\b", "expected effect", MODEL),
    Pattern(r"\bpatience\b|\bimpatient\b", "how long a caller waits in line; reneging", MODEL),
    Pattern(r"(?<!in )\bmemory\b", "cache", ("sim/engine",)),
    Pattern(r"\b(house|building)\b", "system", ("sim/engine",)),
)

EXPRESSIONS = [(one, one.expression()) for one in PATTERNS]


class Hit(NamedTuple):
    """One use of a pattern in a file."""

    line: int
    found: str
    write: str


def files() -> list[str]:
    """Return the paths that are read, from the root, in order."""
    folders = (
        "sim/**/*.py",
        "sim/lab/lessons/**/*.yaml",
        "sim/**/templates/*.html",
        "notebooks/*.py",
        "docs/*.md",
        "*.md",
    )
    found = {path.relative_to(ROOT).as_posix() for folder in folders for path in ROOT.glob(folder)}
    return sorted(found - {"docs/format.md"})


def hits(path: str, text: str) -> list[Hit]:
    """Return the uses of all patterns in the prose of one file."""
    patterns = [(one, regex) for one, regex in EXPRESSIONS if path.startswith(one.rooms or "")]
    patterns = [(one, regex) for one, regex in patterns if not (one.but and path.startswith(one.but))]
    patterns = [
        (one, regex) for one, regex in patterns if regex.search(text)
    ]  # most files have none, and are not parsed
    found: list[Hit] = []
    if not patterns:
        return found
    for first, piece in python_prose(text) if path.endswith(".py") else [(1, text)]:
        piece = re.sub(NAMES, lambda name: re.sub(r"[^\n]", "x", name[0]), piece, flags=re.M)
        for pattern, regex in patterns:
            for match in regex.finditer(piece):
                line = first + piece.count("\n", 0, match.start())
                found.append(Hit(line, " ".join(match[0].split()), pattern.write))
    return sorted(found)


def python_prose(text: str) -> Iterator[tuple[int, str]]:
    """Iterate over comments, and strings with a space, each with the line it begins in."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value


def uses() -> dict[str, list[Hit]]:
    """Return the hits of each file that has one."""
    found = {path: hits(path, (ROOT / path).read_text(encoding="utf-8")) for path in files()}
    return {path: some for path, some in found.items() if some}


def allowed() -> dict[str, int]:
    """Return how many hits each file may still have."""
    rows = (line.split(maxsplit=1) for line in COUNTS.read_text(encoding="utf-8").splitlines())
    return {path: int(count) for count, path in rows}


if __name__ == "__main__":
    now = uses()
    if "--write" in sys.argv:
        COUNTS.write_text("".join(f"{len(some):3} {path}\n" for path, some in now.items()), encoding="utf-8")
    else:
        wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
        for path, some in now.items():
            if not wanted or any(path.startswith(one) for one in wanted):
                print("\n".join(f"{path}:{hit.line}: {hit.found} -> {hit.write}" for hit in some))
    print(sum(map(len, now.values())), "in", len(now), "files", file=sys.stderr)
