"""Both ends of the link as people write them; a mistake is one line with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.link.settings import read_access, refuse_misplaced
from agent.settings import read_settings
from inventory.errors import InventoryError
from inventory.model import Inventory, Site, Ward

if TYPE_CHECKING:
    from pathlib import Path

    from inventory.values import Vantage

DIGEST = "9f" * 32


def inventory(vantage: Vantage, *codes: str) -> Inventory:
    wards = {code: Ward(schema="wardops/inventory/1", ward=code) for code in codes}
    return Inventory(site=Site(schema="wardops/site/1", vantage=vantage), wards=wards, folder=".")


def agent_yaml(folder: Path, text: str) -> None:
    (folder / "agent.yaml").write_text(f"schema: wardops/agent/1\n{text}", encoding="utf-8")


def test_a_ward_names_its_hub_and_a_hub_its_door(tmp_path: Path) -> None:
    agent_yaml(
        tmp_path,
        "hub: {url: 'https://hub.example:9648', token: 'file:hub.token', ca: hub-ca.pem}\n"
        "link: {listen: '0.0.0.0:9648', cert: hub.crt, key: hub.key}\n",
    )
    config = read_settings(tmp_path)
    assert config.hub is not None
    assert config.link is not None
    assert (config.hub.ca, config.hub.pin, config.link.cert) == ("hub-ca.pem", None, "hub.crt")


@pytest.mark.parametrize(
    "text",
    [
        "hub:\n  url: http://hub.example\n  token: 'file:t'\n",  # never in the clear
        "hub:\n  url: https://user@hub.example\n  token: 'file:t'\n",
        "hub:\n  url: https://hub.example\n  token: wop_the-secret-itself\n",
        "hub:\n  url: https://hub.example\n  token: 'file:t'\n  pin: sha1:00\n",
        "link:\n  listen: 0.0.0.0:9648\n  cert: hub.crt\n",
    ],
)
def test_a_mistake_is_a_line_of_the_file_and_never_shows_a_secret(
    tmp_path: Path, text: str
) -> None:
    agent_yaml(tmp_path, text)
    with pytest.raises(InventoryError) as refused:
        read_settings(tmp_path)
    (line,) = refused.value.text("vi").splitlines()
    assert line.startswith("agent.yaml:")
    assert "the-secret" not in line


@pytest.mark.parametrize(
    ("text", "known", "key"),
    [
        ("hub: {url: 'https://hub.example', token: 'file:t'}\n", ("hub", "26740"), "hub"),
        ("hub: {url: 'https://hub.example', token: 'file:t'}\n", ("ward", "26740", "26743"), "hub"),
        ("link: {listen: 'x:1', cert: a, key: b}\n", ("ward", "26740"), "link"),
    ],
)
def test_the_wrong_end_is_refused(
    tmp_path: Path, text: str, known: tuple[Vantage, str], key: str
) -> None:
    agent_yaml(tmp_path, text)
    config = read_settings(tmp_path)
    with pytest.raises(InventoryError) as refused:
        refuse_misplaced(tmp_path, config, inventory(*known))
    assert refused.value.text("en").startswith(f"agent.yaml:2:1 {key}: ")


def access(folder: Path, token: str) -> None:
    text = f"schema: wardops/access/1\ntokens:\n  - {token}\n"
    (folder / "access.yaml").write_text(text, encoding="utf-8")


def test_a_token_belongs_to_one_ward_of_the_hub(tmp_path: Path) -> None:
    hub = inventory("hub", "26740", "26743")
    assert read_access(tmp_path, hub).tokens == ()
    good = f"{{id: t-1, sha256: {DIGEST}, role: link, wards: ['26740'], expires: 2027-05-20}}"
    access(tmp_path, good)
    (token,) = read_access(tmp_path, hub).tokens
    assert (token.wards, str(token.expires)) == (("26740",), "2027-05-20")


@pytest.mark.parametrize(
    ("was", "written"),
    [
        ("['26740']", "['26740', '26743']"),  # not of two
        ("['26740']", "['27000']"),  # not of a stranger
        ("role: link", "role: city_noc"),  # no other role is given by this file yet
        (DIGEST, "abc"),
        ("2027-05-20", "soon"),
    ],
)
def test_a_mistake_in_access_yaml_is_a_line(tmp_path: Path, was: str, written: str) -> None:
    good = f"{{id: t-1, sha256: {DIGEST}, role: link, wards: ['26740'], expires: 2027-05-20}}"
    access(tmp_path, good.replace(was, written))
    with pytest.raises(InventoryError) as refused:
        read_access(tmp_path, inventory("hub", "26740", "26743"))
    for language in ("vi", "en"):
        (line,) = refused.value.text(language).splitlines()
        assert line.startswith("access.yaml:3:")
