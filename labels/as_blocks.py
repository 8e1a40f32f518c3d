"""A label's picture in half blocks, two dots to a character, for a terminal wide enough that it can be read.

Called by the terminal's preview with the image the proof was made of. Where it is not legible, ``labels.as_text`` is.
"""

import math

import numpy as np

from labels.layout import MM, Page
from labels.reading import Image, one_bit

LEGIBLE_DOTS = 11  # to the em: a Chinese character of fewer cannot be told from its neighbours
_INK = 0.4  # share of black from which merged dots are black: thin strokes stay
_BLOCKS = np.array(list(" ▄▀█"))


def legible_columns(page: Page) -> int:
    """The fewest columns at which the smallest words of this label can be read; raised digits are smaller."""
    smallest = min(run.size for run in page.runs if not run.raised)
    return math.ceil(float(page.template.width_mm) * MM / smallest * LEGIBLE_DOTS)


def half_blocks(image: Image, columns: int) -> tuple[str, ...]:
    """The 1-bit picture in at most so many columns, ink as foreground; dots are merged when there are more of them."""
    black = one_bit(image) == 0
    if columns < image.shape[1]:
        rows = max(1, round(image.shape[0] * columns / image.shape[1]))
        down, across = _cuts(image.shape[0], rows), _cuts(image.shape[1], columns)
        dark = np.add.reduceat(np.add.reduceat(255.0 - image, down, axis=0), across, axis=1)
        dots = np.outer(np.diff([*down, image.shape[0]]), np.diff([*across, image.shape[1]]))
        black = dark >= _INK * 255 * dots
    if black.shape[0] % 2:
        black = np.vstack([black, np.zeros((1, black.shape[1]), dtype=bool)])
    codes = 2 * black[::2].astype(np.intp) + black[1::2]
    return tuple("".join(line) for line in _BLOCKS[codes])


def _cuts(dots: int, parts: int) -> list[int]:
    """Where each of so many parts of a row of dots begins."""
    return [dots * part // parts for part in range(parts)]
