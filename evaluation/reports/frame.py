"""What the pages of this package share: their head, the line with the switch of light and dark, filters, and policy.

    render(environment(), "board.html", styles=("page.css", "board.css"), scripts=("theme.js",), values={"page": …})
        →  "<!doctype html>…script-src 'sha256-…'…"

The style sheets and the one script are files of this package; everything else is escaped, and the page allows no
script but this one, named by its hash.
*Not here:* what a page says (page, board_page).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from lfine.evaluation.reports import numbers

if TYPE_CHECKING:
    from jinja2 import Environment


def environment() -> Environment:
    """Return how templates of this package are read, with the filters of numbers that all pages use."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(_own), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters.update(count=numbers.count, duration=numbers.duration)
    made.filters.update(points=numbers.points, probability=numbers.probability)
    made.globals.update(shown=numbers.shown, shown_span=numbers.shown_span)
    made.globals.update(shown_change=numbers.shown_change, shown_change_span=numbers.shown_change_span)
    return made


def render(
    templates: Environment, name: str, *, styles: Sequence[str], scripts: Sequence[str], values: Mapping[str, object]
) -> str:
    """Return a page; style sheets and scripts are put one after the other, in the order given."""
    script = "".join(map(_own, scripts))
    own = {
        "style": Markup("".join(map(_own, styles))),  # noqa: S704 - files of this package
        "script": Markup(script),  # noqa: S704 - the same
        "script_hash": _hash(script),
    }
    html = templates.get_template(name).render({**values, **own})
    return html.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair in a text has no UTF-8


def _own(name: str) -> str:
    return files("lfine.evaluation.reports").joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> Markup:
    """Return the script as a Content-Security-Policy names it."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return Markup(f"sha256-{digest}")  # noqa: S704 - base64
