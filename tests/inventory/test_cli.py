"""`wardops inventory check` and `show`, as people and programs call them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inventory.language import LANGUAGES, Language, say
from probes.inventory_cli import check, show
from probes.registry import device_type, kinds

HERE = Path(__file__).parent
GOOD = HERE / "good"
CANARY = "canary-90ab12"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example inventory of the manual, with its secrets in place."""
    monkeypatch.setenv("SNMP_26740", CANARY)
    text = (GOOD / "26740.yaml").read_text(encoding="utf-8")
    (tmp_path / "26740.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "vc.yaml").touch(mode=0o600)
    (tmp_path / "vc.yaml").write_text(f"user: u\npassword: {CANARY}\n", encoding="utf-8")
    return tmp_path


def run(command: object, *arguments: object, **environment: str) -> Result:
    """One call in this process."""
    assert command in {check, show}
    called = check if command is check else show
    return CliRunner(env=environment).invoke(called, [str(argument) for argument in arguments])


def wardops(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own."""
    program = Path(sys.executable).with_name("wardops")
    return subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=50
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_good_inventory_is_one_line_and_exit_0(example: Path, language: Language) -> None:
    sheet = example / "26740.yaml"
    sheet.write_text(sheet.read_text("utf-8").replace("CHANGE-ME", "C-1"), encoding="utf-8")
    result = run(check, example, "--lang", language)
    counts = {"wards": 1, "devices": 5, "links": 1, "services": 1}
    assert result.stdout == say("inventory.good", language, folder=example, **counts) + "\n"
    assert (result.exit_code, result.stderr) == (0, "")


def test_vietnamese_is_the_default_and_the_environment_may_say_otherwise(example: Path) -> None:
    assert "đơn vị" in run(check, example).stdout
    assert "Wards: " in run(check, example, WARDOPS_LANG="en").stdout
    assert "đơn vị" in run(check, example, WARDOPS_LANG="fr").stdout


def test_the_folder_comes_from_the_argument_the_option_or_the_environment(example: Path) -> None:
    assert run(check, "--inventory", example).exit_code == 0
    assert run(check, WARDOPS_INVENTORY=str(example)).exit_code == 0
    assert run(check, example, "--inventory", "/nowhere").exit_code == 0
    missing = run(check, "/nowhere", WARDOPS_INVENTORY=str(example))
    assert missing.exit_code == 2
    assert missing.stderr.startswith("/nowhere: ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_installed_command_says_it_in_one_line_too(language: Language) -> None:
    done = wardops("inventory", "check", HERE / "bad" / "unknown_ward.yaml", "--lang", language)
    said = say("inventory.unknown_ward", language, code="99999")
    assert done.stderr == f"unknown_ward.yaml:3:1 ward: {said}\n"
    assert (done.returncode, done.stdout) == (2, "")


def test_check_says_what_is_still_the_manuals_placeholder(example: Path) -> None:
    result = run(check, example, "--lang", "en")
    assert result.exit_code == 0
    circuit = {"ward": "26740", "place": "links[mtn-26740-1].circuit"}
    assert result.stderr == say("inventory.unfilled_circuit", "en", **circuit) + "\n"
    sheet = example / "26740.yaml"
    text = sheet.read_text("utf-8").replace("CHANGE-ME", "C-1")
    sheet.write_text(text.replace("example-carrier", "CHANGE-ME"), encoding="utf-8")
    carrier = {"ward": "26740", "place": "links[mtn-26740-1].carrier"}
    said = say("inventory.unfilled", "vi", **carrier)
    assert run(check, example, "--lang", "vi").stderr == said + "\n"
    sheet.write_text(text, encoding="utf-8")
    assert run(check, example).stderr == ""


def test_show_tells_every_link_device_and_service_but_no_secret(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SNMP_26740")
    result = run(show, example, "--lang", "en")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[2] == "26740 Phường Sài Gòn (phường, TP.HCM cũ)"
    for text in (
        "mtn-26740-1  primary  example-carrier  CHANGE-ME  100 Mbit/s  "
        "sw-26740-01:Gi1/0/48 → ce-26740",
        "sw-26740-01  cisco_ios",
        "uplink port Gi1/0/48; secret env:SNMP_26740",
        "behind sw-26740-01:Gi1/0/5; room phong-hop-a; secret file:vc.yaml",
        "in the data centre",
        "198.51.100.1",
        "Administrative procedures",
    ):
        assert text in result.stdout
    assert CANARY not in result.stdout


def test_show_names_every_reference_of_a_device_once(tmp_path: Path) -> None:
    ways = (
        'snmp: {auth: "env:A"}, https: {auth: "file:secrets/b.yaml"},'
        ' ssh: {auth: "file:secrets/c.yaml"}'
    )
    same = 'https: {auth: "env:A"}, ssh: {auth: "env:A"}'
    (tmp_path / "26740.yaml").write_text(
        'schema: wardops/inventory/1\nward: "26740"\ndevices:\n'
        f"  - {{name: vc-1, kind: cisco_ce, address: 192.0.2.1, {ways}}}\n"
        f"  - {{name: vc-2, kind: cisco_ce, address: 192.0.2.2, {same}}}\n",
        encoding="utf-8",
    )
    said = run(show, tmp_path, "--lang", "en").stdout
    assert "secret env:A; secret file:secrets/b.yaml; secret file:secrets/c.yaml\n" in said
    assert "192.0.2.2  secret env:A\n" in said


def test_show_in_vietnamese_lines_up_by_cells(example: Path) -> None:
    lines = run(show, example).stdout.splitlines()
    assert "  Đường truyền" in lines
    assert len({line.index("192.0.2.") for line in lines if "192.0.2." in line}) == 1
    assert any("Thủ tục hành chính  http_2xx" in line for line in lines)


def test_show_json_is_the_yaml_with_the_units_names(example: Path) -> None:
    shown = json.loads(run(show, example, "--json").stdout)
    (ward,) = shown["wards"]
    assert (shown["realm"], shown["vantage"]) == ("live", "ward")
    assert (ward["ward"], ward["name"], ward["area"]) == ("26740", "Phường Sài Gòn", "TP.HCM cũ")
    assert ward["devices"][0]["snmp"]["auth"] == "env:SNMP_26740"
    assert ward["devices"][0]["address"] == "192.0.2.10"
    assert ward["links"][0]["near"] == "sw-26740-01:Gi1/0/48"
    assert ward["path"]["gateway"]["address"] == "198.51.100.1"
    assert CANARY not in json.dumps(shown)


def test_show_names_the_carriers_edge_and_an_empty_ward(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        'schema: wardops/inventory/1\nward: "26740"\n'
        "path: {gateway: {address: 198.51.100.1}, pe: {address: 198.51.100.2}}\n",
        encoding="utf-8",
    )
    result = run(show, tmp_path, "--lang", "en")
    assert "carrier edge (PE)  198.51.100.2" in result.stdout
    assert result.stdout.count("none") == 3


def test_show_one_ward(example: Path) -> None:
    assert "Phường Sài Gòn" in run(show, example, "--ward", "26740").stdout
    absent = run(show, example, "--ward", "26743", "--lang", "en")
    assert absent.exit_code == 2
    values = {"code": "26743", "folder": example, "wards": "26740"}
    assert absent.stderr == say("inventory.ward_absent", "en", **values) + "\n"


def test_show_of_a_bad_inventory_says_what_check_says() -> None:
    bad = HERE / "bad" / "cycle.yaml"
    assert run(show, bad).stderr == run(check, bad).stderr != ""


def test_show_kinds_lists_every_device_type_without_an_inventory() -> None:
    lines = run(show, "--kinds").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(kinds())
    listed = json.loads(run(show, "--kinds", "--json").stdout)
    assert {"kind": "cisco_ce", "vendor": "Cisco", "class": "video"} in listed


def test_show_kinds_says_what_no_recording_proves() -> None:
    lines = run(show, "--kinds").stdout.splitlines()
    beta = {line.split()[0] for line in lines if line.split()[-1] == "beta"}
    assert beta == {kind for kind in kinds() if device_type(kind).unverified}
    listed = json.loads(run(show, "--kinds", "--json").stdout)
    assert {row["kind"] for row in listed if row.get("unverified")} == beta
    assert "yealink_vc" in beta


def test_show_find_gives_the_code_of_a_former_name() -> None:
    result = run(show, "--find", "bến nghé", "--lang", "en")
    assert result.stdout.startswith("26740  Phường Sài Gòn  phường  TP.HCM cũ  formerly ")
    assert json.loads(run(show, "--find", "26732", "--json").stdout)[0]["name"] == "Đặc khu Côn Đảo"


@pytest.mark.parametrize("language", LANGUAGES)
def test_show_find_asks_for_the_district_or_says_that_nothing_fits(language: Language) -> None:
    number = run(show, "--find", "phường 4", "--lang", language)
    assert number.exit_code == 2
    assert "Quận 3" in number.stderr
    nothing = run(show, "--find", "zzz", "--lang", language)
    assert nothing.stderr == say("inventory.show_no_unit", language, query="zzz") + "\n"
    assert nothing.exit_code == 2


@pytest.mark.skipif(os.name != "posix", reason="locales by environment")
def test_vietnamese_is_printed_where_the_system_knows_no_language(example: Path) -> None:
    program = Path(sys.executable).with_name("wardops")
    environment = {"LC_ALL": "C", "PATH": os.environ["PATH"], "SNMP_26740": CANARY}
    done = subprocess.run(
        [program, "inventory", "check", example], capture_output=True, check=False, env=environment
    )
    assert "hợp lệ" in done.stdout.decode("utf-8")
