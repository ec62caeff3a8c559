"""A console of which only the end is seen, now and then: what is new since the last look. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_LONG = 12 * 1024
"""Bytes from which on a first look may have more before it: 16 KiB are kept, and redacting may shorten them."""
_SURE = 200
"""Characters that two looks must share, unless one of them is shorter, to be taken for the same console."""


@dataclass(frozen=True, kw_only=True)
class New:
    """Whole lines that were not seen before; `left_out`: something stood before them that nobody has seen."""

    text: str
    left_out: bool


class Tail:
    """What was seen of one console. Looks are matched by their text: nothing else says how far they are apart.

    A last line without its end is held back, since it may still grow, or be redacted when it has; a first line that
    may have lost its beginning is passed over.
    """

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._seen = ""
        self._rest = ""

    def look(self, tail: str) -> New:
        """What this look shows that the ones before did not."""
        whole, end, rest = tail.rpartition("\n")
        whole += end
        self._rest = rest
        seen, self._seen = self._seen, whole
        if whole.startswith(seen):
            cut = not seen and len(tail.encode()) >= _LONG
            return New(text=whole.partition("\n")[2] if cut else whole[len(seen) :], left_out=cut)
        return _after(seen, whole)

    def end(self) -> str:
        """The last line, if it has no end; the console grows no more."""
        rest, self._rest = self._rest, ""
        return rest


def _after(seen: str, whole: str) -> New:
    # What is left of a first line may have been redacted otherwise: only whole lines can be told to be the same.
    known = whole.partition("\n")[2]
    shared = overlap(seen, known)
    if shared and shared >= min(_SURE, len(seen), len(known)):
        return New(text=known[shared:], left_out=False)
    long = len(whole.encode()) >= _LONG
    return New(text=known if long else whole, left_out=True)


def overlap(before: str, after: str) -> int:
    """How many characters at the end of `before` are the first ones of `after`, at most; linear in their length."""
    text = f"{after}\0{before[-len(after) :]}" if after else ""
    borders = [0] * len(text)
    for at in range(1, len(text)):
        length = borders[at - 1]
        while length and text[at] != text[length]:
            length = borders[length - 1]
        borders[at] = length + (text[at] == text[length])
    return borders[-1] if borders else 0
