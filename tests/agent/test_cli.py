"""The `wardops` command itself: what it says to a wrong command line, and who owns its packages."""

from __future__ import annotations

import pytest

from agent.cli import commands, foreign_owner, main

WRONG = {
    ("frobnicate",): "frobnicate: không có lệnh này. Xem: wardops --help",
    ("inventory", "frobnicate"): ("frobnicate: không có lệnh này. Xem: wardops inventory --help"),
    ("agent", "--frob"): "--frob: không có tùy chọn này. Xem: wardops agent --help",
    ("incident", "close", "SC-1"): "--cause: còn thiếu. Xem: wardops incident close --help",
    ("incident", "show"): "INCIDENT: còn thiếu. Xem: wardops incident show --help",
    ("demo", "--for", "soon"): "--for: giá trị không hợp lệ; nhận: >= 1. Xem: wardops demo --help",
    ("--lang", "en", "frob"): "frob: no such command. See: wardops --help",
    (
        "inventory",
        "show",
        "--find",
    ): "--find: cần một giá trị đi kèm. Xem: wardops --help",
    ("agent", "--vantage", "moon", "--lang=en"): (
        "--vantage: not a possible value; it takes: ward, hub. See: wardops agent --help"
    ),
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_wrong_command_line_is_one_line_in_the_users_language(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(list(arguments)) == 2
    assert capsys.readouterr().err == f"{WRONG[arguments]}\n"


def test_without_arguments_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "inventory" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_command_has_help_in_both_languages(
    language: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARDOPS_LANG", language)
    for name in commands():
        assert main([*name.split("."), "--help"]) == 0
        page = capsys.readouterr().out
        assert {"vi": "Cách dùng: wardops", "en": "Usage: wardops"}[language] in page
        assert "--lang" in page, f"{name} does not take a language behind its name"


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_is_described_in_both_languages(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []
    for language in ("vi", "en"):
        monkeypatch.setenv("WARDOPS_LANG", language)
        main([*name.split("."), "--help"])
        pages.append(capsys.readouterr().out)
    vietnamese, english = pages
    assert "Show this message" not in vietnamese
    options = [line.strip() for line in english.splitlines() if line.startswith("  --")]
    alone = {one for one in options if "  " not in one}
    bare = [one for one in alone if len(one) < 30]  # a longer one has its words below it
    assert not bare, "an option stands there without a word"
    assert not (set(options) - alone) & {line.strip() for line in vietnamese.splitlines()}


def test_a_package_of_another_distribution_is_noticed() -> None:
    owners = {"agent": ["wardops", "some-agent"], "tui": ["wardops"]}
    assert foreign_owner(owners) == ("agent", "some-agent")
    assert foreign_owner({"agent": ["wardops"], "yaml": ["other"]}) is None
