"""Text and marks of the page stand out from what they lie on, in light and in dark (WCAG 2.2: 4.5 to 1, 3 to 1).

The ratios are computed from the variables of page.css, so a new colour is checked before anybody looks at it.
"""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from lfine.evaluation.reports.heat_map import shade

CSS = files("lfine.evaluation.reports").joinpath("page.css").read_text(encoding="utf-8")

TEXT_RATIO, MARK_RATIO = 4.5, 3.0


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block))


def modes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, flags=re.DOTALL)
    return {"light": variables(light), "dark": variables(dark)}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(over: str, under: str, opacity: float) -> str:
    """Return the colour seen where `over` lies on `under`."""
    pairs = [(int(over[place : place + 2], 16), int(under[place : place + 2], 16)) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(top * opacity + bottom * (1 - opacity)):02x}" for top, bottom in pairs)


def test_contrast_ratio_of_known_pairs() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert mix("#ffffff", "#000000", 0.5) == "#808080"


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "surface"),
        ("ink", "page"),
        ("ink", "mark"),
        ("muted", "surface"),
        ("muted", "page"),
        ("muted", "mark"),
        ("subject", "page"),
        ("subject", "surface"),
        ("miss", "surface"),
        ("miss", "mark"),
        ("on", "subject"),
    ],
)
def test_text_stands_out(mode: str, text: str, ground: str) -> None:
    colours = modes()[mode]
    assert ratio(colours[text], colours[ground]) >= TEXT_RATIO


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("mark", ["subject", "other", "miss", "hit"])
def test_marks_stand_out(mode: str, mark: str) -> None:
    colours = modes()[mode]
    assert ratio(colours[mark], colours["surface"]) >= MARK_RATIO


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("cell", ["hit", "miss"])
def test_counts_stand_out_from_cells_of_every_share(mode: str, cell: str) -> None:
    colours = modes()[mode]
    for percent in range(1, 101):
        ink, opacity = shade(percent / 100)
        ground = mix(colours[cell], colours["surface"], opacity)
        found = ratio(colours["on" if ink == "on" else "ink"], ground)
        assert found >= TEXT_RATIO, f"{cell} at {percent}%: {found:.2f}"


def test_a_larger_share_is_never_paler() -> None:
    opacities = [shade(percent / 100)[1] for percent in range(101)]
    assert opacities == sorted(opacities)
    assert opacities[0] == pytest.approx(0.08)
    assert opacities[-1] == pytest.approx(1.0)


def test_both_modes_set_the_same_colours() -> None:
    found = modes()
    assert set(found["light"]) == set(found["dark"])
    used = set(re.findall(r"var\(--([a-z]+)\)", CSS))
    assert used == set(found["light"])
