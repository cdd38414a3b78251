"""Options that several commands share."""

from __future__ import annotations

import argparse

import pytest

from lfine.cli.options import add_model, add_sheet, positive


def parser_of(*, predictions: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lfine")
    add_model(parser, verb="score", predictions=predictions)
    return parser


def test_one_of_run_adapter_and_predictions(capsys: pytest.CaptureFixture[str]) -> None:
    found = parser_of(predictions=True).parse_args(["--adapter", "a", "--base"])
    assert (found.run, found.adapter, found.predictions, found.base) == (None, "a", None, True)
    for given in (["--run", "r", "--adapter", "a"], ["--predictions", "p", "--run", "r"]):
        with pytest.raises(SystemExit):
            parser_of(predictions=True).parse_args(given)
        assert "not allowed with" in capsys.readouterr().err


def test_predictions_only_where_they_are_scored() -> None:
    with pytest.raises(SystemExit):
        parser_of(predictions=False).parse_args(["--predictions", "p"])
    said = parser_of(predictions=True).format_help()
    places = [said.index(option) for option in ("--run DIR ", "--adapter DIR ", "--predictions FILE ", "--base ")]
    assert "score the base model" in said
    assert places == sorted(places), "in the order of the reference"


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", ""])
def test_what_is_no_whole_number_of_at_least_one(text: str) -> None:
    assert positive("12") == 12
    with pytest.raises(argparse.ArgumentTypeError, match="at least 1"):
        positive(text)


def test_sheets_are_counted_or_named() -> None:
    parser = argparse.ArgumentParser(prog="lfine")
    add_sheet(parser)
    found = [parser.parse_args(given).sheet for given in ([], ["--sheet", "2"], ["--sheet", "two"])]
    assert found == [None, 2, "two"]
