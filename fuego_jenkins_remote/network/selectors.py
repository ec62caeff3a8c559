"""Selectors: the words with which a request says which boards it accepts.

`timslab:bbb`, `*:bbb`, `type=bbb`, `cpu=cortex-a9`, `arch=powerpc`, `label=usb-gadget`,
`config.CONFIG_USB_GADGET=y`, joined with `and`, `or`, `not` and parentheses; `not` binds tighter than `and`, `and`
tighter than `or`. A value that is one of the three words, or holds other characters than names do, stands in double
quotes.

A parsed selector is a plain value: it prints its normal form, matches a board, and says why it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

MAX_LENGTH = 1000
MAX_TERMS = 64
MAX_DEPTH = 32
MAX_NEEDS = 20
"""Needs of a test, each a selector."""

FACT_KEYS = frozenset(
    {"arch", "type", "cpu", "kernel", "toolchain", "transport", "distrib", "machine", "orchestrator", "board_control"}
)
"""Facts a selector may ask for, beside host, board, label and config.X."""

_KEYS = FACT_KEYS | {"host", "board", "label"}
_WORDS = frozenset({"and", "or", "not"})
_TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()]) | (?P<colon>:) | (?P<equals>=) | (?P<string>"[^"\n]*") | (?P<word>[^\s()=:"]+))""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[\w.*+-]+")
_CONFIG = re.compile(r"config\.[A-Za-z0-9_]{1,100}")


class SelectorError(ValueError):
    """A selector that cannot be read; `str()` shows it with a mark under the place."""

    def __init__(self, what: str, text: str, position: int) -> None:
        """`position` counts characters from 0."""
        shown = text if len(text) <= 160 else text[:160] + "…"
        mark = " " * min(position, len(shown)) + "^"
        super().__init__(f"bad selector: {what}\n  {shown}\n  {mark}")
        self.what = what
        self.position = position


@dataclass(frozen=True, kw_only=True)
class Board:
    """What a selector looks at: a board of the network. Fact values are short texts; labels are names."""

    host: str
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`HOST:BOARD`."""
        return f"{self.host}:{self.name}"


@dataclass(frozen=True)
class Place:
    """`HOST:BOARD`, either of them `*`."""

    host: str
    name: str

    def matches(self, board: Board) -> bool:
        """Host and name are compared as they are written."""
        return self.host in {"*", board.host} and self.name in {"*", board.name}

    def why_not(self, board: Board) -> str:
        """What the board is instead."""
        return f"it is {board}"

    def normal(self) -> str:
        """The normal form."""
        return f"{_quoted(self.host)}:{_quoted(self.name)}"


@dataclass(frozen=True)
class Fact:
    """`KEY=VALUE`; values of facts and labels are compared without regard to case, names of hosts and boards with."""

    key: str
    value: str

    def matches(self, board: Board) -> bool:
        """Whether the board has this fact."""
        if self.key == "host":
            return board.host == self.value
        if self.key == "board":
            return board.name == self.value
        if self.key == "label":
            return self.value in {label.casefold() for label in board.labels}
        return board.facts.get(self.key, "").casefold() == self.value

    def why_not(self, board: Board) -> str:
        """What the board has instead."""
        if self.key in {"host", "board"}:
            return f"{self.key} is {board.host if self.key == 'host' else board.name}"
        if self.key == "label":
            return f"it has no label {self.value}"
        known = board.facts.get(self.key)
        return f"{self.key} is {known}, not {self.value}" if known else f"its {self.key} is not known"

    def normal(self) -> str:
        """The normal form."""
        return f"{self.key}={_quoted(self.value)}"


@dataclass(frozen=True)
class Not:
    """`not X`."""

    inner: Selector

    def matches(self, board: Board) -> bool:
        """The opposite of what is inside."""
        return not self.inner.matches(board)

    def why_not(self, board: Board) -> str:
        """The part that ought not to be."""
        return f"{self.inner.normal()} holds for {board}"

    def normal(self) -> str:
        """The normal form."""
        inner = self.inner.normal()
        return f"not ({inner})" if isinstance(self.inner, AllOf | AnyOf) else f"not {inner}"


@dataclass(frozen=True)
class AllOf:
    """`X and Y`."""

    parts: tuple[Selector, ...]

    def matches(self, board: Board) -> bool:
        """All parts match."""
        return all(part.matches(board) for part in self.parts)

    def why_not(self, board: Board) -> str:
        """The first part that does not match."""
        return next((part.why_not(board) for part in self.parts if not part.matches(board)), "")

    def normal(self) -> str:
        """The normal form."""
        return " and ".join(f"({part.normal()})" if isinstance(part, AnyOf) else part.normal() for part in self.parts)


@dataclass(frozen=True)
class AnyOf:
    """`X or Y`."""

    parts: tuple[Selector, ...]

    def matches(self, board: Board) -> bool:
        """At least one part matches."""
        return any(part.matches(board) for part in self.parts)

    def why_not(self, board: Board) -> str:
        """Why none of them does."""
        return "; ".join(part.why_not(board) for part in self.parts)

    def normal(self) -> str:
        """The normal form."""
        return " or ".join(part.normal() for part in self.parts)


Selector = Place | Fact | Not | AllOf | AnyOf


def parse(text: str) -> Selector:
    """Read a selector; raises SelectorError. Equal selectors, written differently, have one `normal()` text.

    That text can be read again, always: it is what is stored.
    """
    if len(text) > MAX_LENGTH:
        raise SelectorError(f"longer than {MAX_LENGTH} characters", text, 0)
    found = _Parser(text).whole()
    # Some letters become several where their case is taken away.
    if len(found.normal()) > MAX_LENGTH:
        raise SelectorError(f"longer than {MAX_LENGTH} characters in its normal form", text, 0)
    return found


def all_of(parts: Iterable[Selector]) -> Selector:
    """The selector that wants all of these (at least one). Raises SelectorError where that becomes too long."""
    return parse(_joined(AllOf, list(parts)).normal())


def parse_needs(texts: Sequence[str]) -> tuple[Selector, ...]:
    """What a test needs of its board, each a selector of its own; raises SelectorError."""
    if len(texts) > MAX_NEEDS:
        raise SelectorError(f"a test with more than {MAX_NEEDS} needs", "", 0)
    return tuple(parse(text) for text in texts)


def exactly(host: str, name: str) -> Selector:
    """The selector for one board."""
    return Place(host, name)


def why_not(selector: Selector, board: Board) -> str:
    """Why `selector` does not match `board`, in a few words; empty where it does."""
    return "" if selector.matches(board) else selector.why_not(board)


@dataclass(frozen=True)
class _Token:
    kind: str  # bracket, colon, equals, string, word, end
    text: str
    position: int
    glued: bool  # no white space before it


class _Parser:
    """Recursive descent over the tokens; depth and terms are bounded, since selectors come over the network."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0
        self.terms = 0

    def whole(self) -> Selector:
        found = self.any_of(0)
        rest = self.tokens[self.at]
        if rest.kind != "end":
            raise self.error("expected 'and', 'or' or the end here", rest)
        return found

    def any_of(self, depth: int) -> Selector:
        parts = [self.all_of(depth)]
        while self.takes_word("or"):
            parts.append(self.all_of(depth))
        return _joined(AnyOf, parts)

    def all_of(self, depth: int) -> Selector:
        parts = [self.negated(depth)]
        while self.takes_word("and"):
            parts.append(self.negated(depth))
        return _joined(AllOf, parts)

    def negated(self, depth: int) -> Selector:
        if depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH}", self.tokens[self.at])
        if self.takes_word("not"):
            inner = self.negated(depth + 1)
            return inner.inner if isinstance(inner, Not) else Not(inner)
        token = self.tokens[self.at]
        if token.kind == "bracket" and token.text == "(":
            self.at += 1
            inner = self.any_of(depth + 1)
            if self.tokens[self.at].text != ")" or self.tokens[self.at].kind != "bracket":
                raise self.error("expected ')' here", self.tokens[self.at])
            self.at += 1
            return inner
        return self.term()

    def term(self) -> Selector:
        self.terms += 1
        first = self.tokens[self.at]
        if self.terms > MAX_TERMS:
            raise self.error(f"more than {MAX_TERMS} terms", first)
        if first.kind == "end":
            raise self.error("expected a board (HOST:BOARD) or KEY=VALUE here", first)
        name = self.value("a board (HOST:BOARD) or KEY=VALUE")
        sign = self.tokens[self.at]
        if sign.kind == "colon":
            self.at += 1
            return Place(name, self.value("the board's name after ':'", glued=True))
        if sign.kind == "equals":
            self.at += 1
            return self.fact(first, name)
        raise self.error(f"'{name}' alone says too little: *:{name} or type={name}?", first)

    def fact(self, first: _Token, key: str) -> Selector:
        if key.endswith("!"):
            raise self.error(f"there is no '!=': write not {key[:-1]}=…", first)
        if key not in _KEYS and not _CONFIG.fullmatch(key):
            known = ", ".join(sorted(_KEYS))
            raise self.error(f"unknown key '{key}' (known: {known}, config.NAME)", first)
        value = self.value(f"a value after '{key}='")
        return Fact(key, value if key in {"host", "board"} else value.casefold())

    def value(self, expected: str, *, glued: bool = False) -> str:
        token = self.tokens[self.at]
        if token.kind not in {"word", "string"} or (glued and not token.glued):
            raise self.error(f"expected {expected} here", token)
        if token.kind == "word" and token.text in _WORDS:
            raise self.error(f"expected {expected} here; a name that is '{token.text}' is quoted", token)
        if token.kind == "word" and not _PLAIN.fullmatch(token.text.rstrip("!")):
            raise self.error(f"'{token.text}' needs double quotes", token)
        self.at += 1
        text = token.text[1:-1] if token.kind == "string" else token.text
        if not text.strip() or not text.isprintable():
            raise self.error("an empty value", token)
        return text

    def takes_word(self, word: str) -> bool:
        token = self.tokens[self.at]
        taken = token.kind == "word" and token.text == word
        self.at += taken
        return taken

    def error(self, what: str, token: _Token) -> SelectorError:
        return SelectorError(what, self.text, token.position)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            at = len(text) - len(text[position:].lstrip())
            raise SelectorError("a quote that is not closed", text, at)
        kind = match.lastgroup or "word"
        tokens.append(_Token(kind, match[kind], match.start(kind), match.start(kind) == position))
        position = match.end()
    tokens.append(_Token("end", "", len(text), False))
    return tokens


def _joined(kind: type[AllOf] | type[AnyOf], parts: list[Selector]) -> Selector:
    """`parts` as one value: nested ones of the same kind flattened, sorted, each once."""
    flat: dict[str, Selector] = {}
    for part in parts:
        for inner in part.parts if isinstance(part, kind) else (part,):
            flat[inner.normal()] = inner
    ordered = tuple(flat[text] for text in sorted(flat))
    return ordered[0] if len(ordered) == 1 else kind(ordered)


def _quoted(value: str) -> str:
    plain = _PLAIN.fullmatch(value) is not None and value not in _WORDS
    return value if plain else f'"{value}"'
