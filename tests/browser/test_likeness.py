"""Pictures are compared loosely enough for another machine, and closely enough to miss a panel; no browser here."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from tests.browser._likeness import CELL_PX, cells, unlike

PANEL = (40, 420, 340, 560)
LIGHT, DARK = ("#ffffff", "#1a1a1a", "#f5f6f8"), ("#15181d", "#eceff3", "#20252c")


def page(colours: tuple[str, str, str] = LIGHT, spread: int = 14) -> Image.Image:
    """A page with a title, a drawing of boxes, and two panels of text; *spread* is the pitch of its letters in px."""
    ground, ink, fill = colours
    picture = Image.new("RGB", (768, 900), ground)
    pen = ImageDraw.Draw(picture)

    def text(x: int, y: int, letters: int, size: int = 12) -> None:
        for i in range(letters):
            pen.rectangle((x + i * spread, y, x + i * spread + spread // 2, y + size), fill=ink)

    text(40, 30, 30, 28)
    for x in (60, 300, 540):
        pen.rounded_rectangle((x, 150, x + 160, 250), 12, fill, "#d55e00", 3)
        text(x + 12, 170, 8)
    for left in (40, 400):
        pen.rounded_rectangle((left, 420, left + 300, 560), 8, fill, ink)
        for row in range(5):
            text(left + 16, 436 + 24 * row, 16)
    return picture


def png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def compared(made: Image.Image, kept: Image.Image) -> str:
    return unlike(cells(png(made)), cells(png(kept)))


@pytest.mark.parametrize("right, down", [(1, 0), (0, 1), (3, 3), (-4, 2), (0, 24)])
def test_a_page_that_moved_by_pixels_or_by_a_line_is_alike(right: int, down: int) -> None:
    moved = Image.new("RGB", page().size, LIGHT[0])
    moved.paste(page(), (right, down))
    assert compared(moved, page()) == ""


def test_a_page_with_noise_and_in_a_slightly_wider_font_is_alike() -> None:
    noise = np.random.default_rng(1).integers(0, 12, (900, 768, 3), dtype=np.uint8)
    assert compared(ImageChops.subtract(page(), Image.fromarray(noise)), page()) == ""
    assert compared(page(spread=15), page()) == ""


@pytest.mark.parametrize("area", [PANEL, (400, 420, 700, 560), (40, 20, 480, 70), (296, 146, 466, 256)])
def test_a_page_that_lost_a_part_is_not(area: tuple[int, int, int, int]) -> None:
    blank = page()
    ImageDraw.Draw(blank).rectangle(area, fill=LIGHT[0])
    told = compared(blank, page())
    assert "is gone" in told
    x, y = (int(part) for part in re.findall(r"\d+", told.partition("around ")[2])[:2])
    assert area[0] - 96 <= x <= area[2] + 96 and area[1] - 48 <= y <= area[3] + 48
    assert "is new" in compared(page(), blank)


def test_a_page_in_the_other_theme_is_not_alike_nor_is_one_panel_in_it() -> None:
    assert compared(page(DARK), page()) == "its background is [21, 24, 29], not [255, 255, 255]"
    broken = page(DARK)
    broken.paste(page(LIGHT).crop(PANEL), PANEL[:2])
    assert "is new" in compared(broken, page(DARK))


def test_a_picture_of_another_size_is_not_alike() -> None:
    assert compared(page().crop((0, 0, 768, 800)), page()) == f"it has (48, 50) cells, not (48, {900 // CELL_PX})"
