"""Forms: the grammar of a value in words, such as ``gamma {mean:positive duration} cv {cv:positive number}``.

One form is the parser of a text, the example in messages and the row in the documentation, so the three agree.

- A word outside braces is in the text as it is.
- ``{name:kind}`` is one word, and ``READERS[kind]`` turns it into a value.
- ``{name:kind...}`` takes all remaining words, at least one, and gives a tuple of values.
- ``[cap {cap:duration}]`` is an option: a word and its value. Options follow the rest in any order, each at most once.

Not modelled: options inside options, and values of several words.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping, Sequence

from sim.errors import did_you_mean
from sim.quantities import units

READERS: Mapping[str, Callable[[str], Any]] = {
    "duration": units.parse_duration,
    "positive duration": units.parse_positive_duration,
    "rate": units.parse_rate,
    "share": units.parse_share,
    "factor": units.parse_factor,
    "plain factor": lambda word: units.parse_positive_number(word.removesuffix("x")),
    "positive number": units.parse_positive_number,
    "share or duration": lambda word: (
        (units.parse_share(word), 0.0) if "%" in word else (0.0, units.parse_duration(word))
    ),
    "word": str,
}
"""The kinds of values that a form may hold."""

_TOKEN = re.compile(r"\[(\w+) \{(\w+):([^}]+)\}\]|\{(\w+):([^}.]+)(\.\.\.)?\}|(\S+)")


class Form:
    """One way to write a value: a *template*, an *example* of it, and the *meaning* of its numbers.

    A form without a meaning can be read, but is not in the documentation.

    >>> form = Form("uniform {low:duration} to {high:duration}", "uniform 1ms to 3ms")
    >>> form.fits("uniform 2s to 5s".split()), form.fits("uniform 2s".split())
    (True, False)
    >>> form.read("uniform 2s to 5s".split())
    {'low': 2.0, 'high': 5.0}
    """

    __slots__ = ("template", "example", "meaning", "word", "_tokens", "_rest", "_options")

    def __init__(self, template: str, example: str, meaning: str = "") -> None:
        self.template, self.example, self.meaning = template, example, meaning
        self._tokens: list[str | tuple[str, Callable[[str], Any]]] = []
        self._rest: tuple[str, Callable[[str], Any]] | None = None
        self._options: dict[str, tuple[str, Callable[[str], Any]]] = {}
        for match in _TOKEN.finditer(template):
            option, option_name, option_kind, name, kind, rest, literal = match.groups()
            if option:
                self._options[option] = (option_name, READERS[option_kind])
            elif literal:
                self._tokens.append(literal)
            elif rest:
                self._rest = (name, READERS[kind])
            else:
                self._tokens.append((name, READERS[kind]))
        first = self._tokens[0]
        self.word = first if isinstance(first, str) else ""
        """The word that the form begins with; empty for one that begins with a value."""

    def fits(self, words: Sequence[str]) -> bool:
        """Whether *words* have this form: the same fixed words, and a number first if it begins with a value."""
        fixed = len(self._tokens)
        if len(words) < fixed or self.word not in ("", words[0]):
            return False
        if any(isinstance(token, str) and token != word for token, word in self._pairs(words)):
            return False
        if not self.word and not units.is_number(words[0]):
            return False
        remaining = words[fixed:]
        if self._rest is not None:
            return bool(remaining)
        given = remaining[::2]
        return len(remaining) % 2 == 0 and len(set(given)) == len(given) and set(given) <= set(self._options)

    def read(self, words: Sequence[str]) -> dict[str, Any]:
        """Return the values of *words*, which fit; without the options that are not given.

        Raises ``ParameterError`` for a word that is not a value of its kind.
        """
        values = {token[0]: token[1](word) for token, word in self._pairs(words) if not isinstance(token, str)}
        remaining = words[len(self._tokens) :]
        if self._rest is not None:
            name, read = self._rest
            values[name] = tuple(read(word) for word in remaining)
        for option, word in zip(remaining[::2], remaining[1::2]) if self._options else ():
            name, read = self._options[option]
            values[name] = read(word)
        return values

    def hint(self, words: Sequence[str]) -> str:
        """Return the option that is nearest to the first unknown word of *words*; empty without one."""
        given = words[len(self._tokens) :: 2]
        return next((did_you_mean(word, self._options) for word in given if word not in self._options), "")

    def _pairs(self, words: Sequence[str]) -> list[tuple[str | tuple[str, Callable[[str], Any]], str]]:
        return list(zip(self._tokens, words))
