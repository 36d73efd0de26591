"""Pictures compared loosely: as small references, by how much is drawn where.

A screenshot is reduced to cells of ``CELL_PX``; the reference that is kept is that small picture. What differs from the
page's background is ink. Two pictures are alike if they have one background, and wherever one of them has ink, the
other has about as much nearby: text may be smoothed differently, or move by some pixels or by a line. A panel that
vanishes, shrinks to nothing or has the wrong theme is found. A wider font that wraps every row differently is not
alike; the lab brings its own.

Not modelled: details; the words of a page are tested elsewhere.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CELL_PX = 16
"""Screenshot pixels along each side of a cell."""
BLOCK = (6, 12)
"""Height and width in cells of the stretches whose ink is compared: a small panel."""
NEAR = (3, 2)
"""How many cells up and down, and to either side, a stretch may have moved."""
LEAST = 0.45
"""The share of a stretch's ink that the other picture must have near by. Measured on the lab's pages: 3 px aside 0.91,
looser letters 0.90, everything a line lower 0.67; a vanished figure, title, bar, panel or drawing at most 0.43."""
FAINT = 2.0
"""Ink (of 255, mean of a stretch) that is added on both sides, so that what is nearly empty may differ."""
SAME_GROUND = 40
"""How much (of 255) the backgrounds may differ."""

Ink = NDArray[np.float64]


def cells(png: bytes) -> Image.Image:
    """Return a screenshot as its small picture, a pixel for each cell; what is left at the edges is cut off."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    wide, high = picture.width // CELL_PX, picture.height // CELL_PX
    return picture.crop((0, 0, wide * CELL_PX, high * CELL_PX)).resize((wide, high), Image.Resampling.BOX)


def unlike(made: Image.Image, kept: Image.Image) -> str:
    """Return in words how two small pictures differ; empty while they are alike."""
    if made.size != kept.size:
        return f"it has {made.size} cells, not {kept.size}"
    (new, ground), (old, wanted) = _ink(made), _ink(kept)
    if np.abs(ground - wanted).max() > SAME_GROUND:
        return f"its background is {ground.astype(int).tolist()}, not {wanted.astype(int).tolist()}"
    for words, first, second in (("is gone", old, new), ("is new", new, old)):
        ratios = _found_again(first, second)
        row, column = np.unravel_index(int(ratios.argmin()), ratios.shape)
        if ratios[row, column] < LEAST:
            lost = f"{1 - ratios[row, column]:.0%} of what is drawn around"
            middle = [
                (int(place) + size // 2) * CELL_PX for place, size in zip((column, row), BLOCK[::-1], strict=True)
            ]
            return f"{lost} ({middle[0]}, {middle[1]}) px {words}"
    return ""


def _ink(picture: Image.Image) -> tuple[Ink, Ink]:
    """Return how far each cell is from the background, in its most different channel, and the background's colour."""
    colours = np.asarray(picture.convert("RGB"), np.float64)
    ground: Ink = np.median(colours.reshape(-1, 3), axis=0)
    return np.abs(colours - ground).max(axis=2), ground


def _found_again(these: Ink, those: Ink) -> Ink:
    """Return for each stretch of *these* the share of its ink that *those* have in the best place near by."""
    size = tuple(min(side, most) for side, most in zip(BLOCK, these.shape, strict=True))
    mine, theirs = (_windows(ink, size).mean(axis=(-2, -1)) for ink in (these, those))
    padded = np.pad(theirs, [(reach, reach) for reach in NEAR], mode="edge")
    best = _windows(padded, tuple(2 * reach + 1 for reach in NEAR)).max(axis=(-2, -1))
    shares: Ink = (best + FAINT) / (mine + FAINT)
    return shares


def _windows(values: Ink, size: tuple[int, ...]) -> Ink:
    found: Ink = np.lib.stride_tricks.sliding_window_view(values, size)
    return found


def compare(png: bytes, reference: Path, keep: bool) -> str:
    """Return how a screenshot differs from its *reference*, or *keep* it as the new one."""
    made = cells(png)
    if keep:
        reference.parent.mkdir(exist_ok=True)
        made.save(reference, optimize=True)
        return ""
    if not reference.exists():
        return f"there is no {reference.name}: take it with `make pictures`"
    told = unlike(made, Image.open(reference))
    return f"{reference.name}: {told}; if that is meant, `make pictures`" if told else ""
