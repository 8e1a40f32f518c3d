"""Reading a printed report back: its text page by page, and where every character stands."""

import re
from collections.abc import Iterator

import pypdfium2


def pages(pdf: bytes) -> list[str]:
    """The text of each page, white space as single blanks."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_plain(page.get_textpage().get_text_bounded()) for page in document]
    finally:
        document.close()


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def text_of(pdf: bytes) -> str:
    """All pages as one text."""
    return " ".join(pages(pdf))


def squeezed(text: str) -> str:
    """Without any white space: a value that was wrapped in its cell is still found."""
    return re.sub(r"\s+", "", text)


def characters(pdf: bytes) -> Iterator[tuple[int, str, tuple[float, float, float, float]]]:
    """Page number, character, and its box (left, bottom, right, top) in points."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for number, page in enumerate(document):
            words = page.get_textpage()
            for index in range(words.count_chars()):
                character = words.get_text_range(index, 1)
                if character.strip():
                    yield number, character, words.get_charbox(index)
    finally:
        document.close()
