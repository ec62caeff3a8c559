"""For schemathesis: how to make texts of our own formats, and how not to wait for what never comes."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import openapi

from fuego_jenkins_remote.service.tokens import new_token

_TERMS = st.sampled_from(
    ["demolab:qemu", "*:qemu", "arch=x86_64", "type=bbb", "label=usb-gadget", "cpu=cortex-a8", "config.CONFIG_USB=y"]
)
_SELECTORS = st.recursive(
    _TERMS,
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | inner.map("not {}".format)
    ),
    max_leaves=4,
)
_LINE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" "), max_size=80)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?"

openapi.format("selector", _SELECTORS)
openapi.format("selector-or-empty", st.just("") | _SELECTORS)
openapi.format("line", _LINE)
openapi.format("text", st.lists(_LINE, max_size=4).map("\n".join))
openapi.format("reason", _LINE.map("because {}".format))
openapi.format("time-zone", st.sampled_from(["Europe/Berlin", "Asia/Tokyo", "UTC"]))
openapi.format("share-window", st.sampled_from(["Mon-Fri 18:00-08:00", "Sat-Sun 00:00-24:00", "Wed 12:00-13:00"]))
openapi.format("mail", st.just("") | st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}[.]example", fullmatch=True))
openapi.format("code", st.from_regex(r"u[a-z2-7]{26}", fullmatch=True).filter(lambda code: len(set(code)) > 12))
openapi.format("secret", st.builds(new_token, st.sampled_from(["user", "lab"])).map(lambda token: token.secret))
openapi.format("release", st.from_regex(r"[0-9]{1,2}([.][0-9]{1,2}){0,2}(-[1-9])?", fullmatch=True))
openapi.format("web", st.just("") | st.from_regex(rf"https?://{_LABEL}(/[a-z0-9]+){{0,3}}", fullmatch=True))
openapi.format("git-url", st.from_regex(rf"(https|git)://{_LABEL}(/[a-z0-9]+){{1,3}}(\.git)?", fullmatch=True))
openapi.format("variable-value", st.from_regex(r"[A-Za-z0-9äßж_.:/+=@%-]{0,60}", fullmatch=True))


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """A long poll that is answered only at its end would take all the time there is."""
    for given in (case.body, case.query):
        if isinstance(given, dict) and isinstance(given.get("wait"), int | float) and 0 < given["wait"] <= 25:
            given["wait"] = 0.01
