"""Input and output of the program: UTF-8 in every locale, and readers that close the pipe.

A terminal keeps its encoding, because it could not show another one; other characters are escaped.
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
from io import TextIOWrapper
from pathlib import Path

_READABLE = "pileup.readable"


def use_utf8() -> None:
    """Make stdout and stderr write UTF-8 in any locale, and escape characters that cannot be written."""
    codecs.register_error(_READABLE, _bytes_or_escapes)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding=stream.encoding if stream.isatty() else "utf-8", errors=_READABLE)


def encoded(text: str) -> bytes:
    """Return *text* as the bytes of a file: UTF-8, with escapes for bytes that are not text."""
    codecs.register_error(_READABLE, _bytes_or_escapes)
    return text.encode("utf-8", _READABLE)


def _bytes_or_escapes(error: UnicodeError) -> tuple[str | bytes, int]:
    r"""Return the UTF-8 bytes that Python holds as surrogates, as in a file's name, and escapes for all else.

    >>> encoded("caf\udcc3\udca9"), encoded("\ud800")
    (b'caf\xc3\xa9', b'\\ud800')
    """
    assert isinstance(error, UnicodeEncodeError)
    try:
        kept = error.object[error.start : error.end].encode("utf-8", "surrogateescape")
        kept.decode("utf-8")
    except UnicodeError:
        return codecs.backslashreplace_errors(error)
    return kept, error.end


def as_text(word: str) -> str:
    """Return a *word* of the command line as text: in a locale without UTF-8 its bytes are surrogates."""
    try:
        return word.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:
        return word


def as_path(word: str | Path) -> Path:
    """Return a *word* as the path of a file with these bytes, in every locale."""
    return Path(os.fsdecode(str(word).encode("utf-8", "surrogateescape")))


def reader_has_left(error: BaseException | None) -> bool:
    """Whether *error* says that the reader of a pipe has left."""
    return isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.ESHUTDOWN)


def end_output() -> None:
    """Flush stdout; raises the ``OSError`` that prevents it."""
    for name in ("stdout", "stderr"):
        try:
            if (stream := getattr(sys, name)) is not None:
                stream.flush()
        except OSError as error:
            forget_output()
            error.filename = name
            raise


def forget_output() -> None:
    """Discard unwritten output, so that the interpreter does not try to write it again at its end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
