"""What a folder of YAML files becomes, and what keeps it from becoming anything."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from inventory.credentials import Secret, refuse_exposed, resolve
from inventory.document import MAX_BYTES, MAX_NODES, parse, read
from inventory.errors import InputError, InventoryError, Problem
from inventory.language import LANGUAGES, Language, say
from inventory.load import load
from inventory.model import Duty, Role
from inventory.units import units
from probes.registry import kinds

GOOD = Path(__file__).parent / "good"
WARD = 'schema: wardops/inventory/1\nward: "26740"\n'
CANARY = "canary-5d1c0e"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example inventory of the manual, with its secrets in place."""
    monkeypatch.setenv("SNMP_26740", CANARY)
    text = (GOOD / "26740.yaml").read_text(encoding="utf-8")
    (tmp_path / "26740.yaml").write_text(text, encoding="utf-8")
    secret = tmp_path / "vc.yaml"
    secret.touch(mode=0o600)
    secret.write_text(f"user: reader\npassword: {CANARY}\n", encoding="utf-8")
    return tmp_path


def problem_keys(folder: Path) -> list[str]:
    """Keys of the sentences that this folder gives."""
    with pytest.raises(InventoryError) as caught:
        load(folder)
    return [problem.key for problem in caught.value.problems]


def test_the_example_loads_as_it_stands(example: Path) -> None:
    inventory = load(example, kinds())
    ward = inventory.wards["26740"]
    switch, ce, ups, codec, machine = ward.devices
    assert inventory.vantage == "ward"
    assert inventory.site.realm == "live"
    assert inventory.folder == str(example)
    assert (ward.core, ward.ce) == (switch, ce)
    assert ward.primary_link is not None
    assert ward.primary_link.near_port == "Gi1/0/48"
    assert (ups.above, ups.ways) == (("sw-26740-01",), ("sw-26740-01",))
    assert (codec.duty, codec.room) == (Duty.MEETING, "phong-hop-a")
    assert codec.ways == ("sw-26740-01:Gi1/0/5",)
    assert (machine.site, machine.role) == ("dc", Role.OTHER)
    assert switch.snmp is not None
    assert (switch.snmp.auth, switch.snmp.version) == ("env:SNMP_26740", "2c")
    assert ward.services[0].name.vi == "Thủ tục hành chính"


def test_a_single_file_is_an_inventory_of_its_folder(example: Path) -> None:
    inventory = load(example / "26740.yaml", kinds())
    assert list(inventory.wards) == ["26740"]
    assert inventory.folder == str(example)


def test_a_single_file_obeys_the_site_file_beside_it(example: Path) -> None:
    (example / "site.yaml").write_text("schema: wardops/site/1\nrealm: sim\n", encoding="utf-8")
    with pytest.raises(InventoryError) as caught:
        load(example / "26740.yaml")
    assert {problem.key for problem in caught.value.problems} == {"inventory.real_address"}


def test_subfolders_and_both_suffixes_are_read_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name, code in (("a.yml", 26743), ("wards/b.YAML", 26740)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'schema: wardops/inventory/1\nward: "{code}"\n', encoding="utf-8")
    for name in (".draft.yaml", ".git/c.yaml", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{", encoding="utf-8")
    inventory = load(tmp_path)
    assert list(inventory.wards) == ["26740", "26743"]
    assert inventory.vantage == "hub"


def test_a_file_without_its_first_line_is_told_the_one_its_name_wants(example: Path) -> None:
    (example / "agent.yaml").write_text("notify: {}\n", encoding="utf-8")
    with pytest.raises(InventoryError) as told:
        load(example)
    said = say("inventory.no_schema", "en", schema="wardops/agent/1")
    assert told.value.text("en") == f"agent.yaml:1:1: {said}"


def test_files_of_other_schemas_are_left_to_their_readers(example: Path) -> None:
    text = "schema: wardops/agent/1\nanything: [at, all]\n"
    (example / "agent.yaml").write_text(text, encoding="utf-8")
    assert list(load(example).wards) == ["26740"]


def test_a_secret_file_is_never_read_as_inventory_nor_quoted(example: Path) -> None:
    (example / "vc.yaml").write_text(f"password: {{{CANARY}", encoding="utf-8")
    assert list(load(example, with_secrets=False).wards) == ["26740"]


def test_what_lies_in_a_folder_of_secrets_is_left_alone_though_nothing_names_it(
    example: Path,
) -> None:
    """A login is written before the line that refers to it; a broken one hides no mistake."""
    folder = example / "secrets"
    (folder / "old").mkdir(parents=True)
    (folder / "look.yaml").write_text(f"user: look\npassword: {CANARY}\n", encoding="utf-8")
    (folder / "old" / "nas.yml").write_text(f"{{{CANARY}", encoding="utf-8")
    assert list(load(example).wards) == ["26740"]


def test_a_file_that_a_reference_of_the_agents_settings_names_is_no_inventory(
    example: Path,
) -> None:
    text = "schema: wardops/agent/1\nnotify: {password: 'file:mail.yaml'}\n"
    (example / "agent.yaml").write_text(text, encoding="utf-8")
    (example / "mail.yaml").write_text(f"- {CANARY}\n", encoding="utf-8")
    assert list(load(example).wards) == ["26740"]


def test_a_login_file_without_a_login_and_a_missing_ca_are_told_at_their_reference(
    tmp_path: Path,
) -> None:
    device = "  - {{name: {0}, kind: vsphere, address: 192.0.2.{1}, {2}}}\n"
    ways = (
        'https: {auth: "file:secrets/typo.yaml", ca: cb.pem}',
        'ssh: {auth: "file:secrets/typo.yaml"}',
        'https: {auth: "file:secrets/token"}',
        'ssh: {auth: "file:secrets/key.yaml"}',
    )
    devices = "".join(device.format(f"vm-{at}", at, way) for at, way in enumerate(ways, 1))
    (tmp_path / "26740.yaml").write_text(f"{WARD}devices:\n{devices}", encoding="utf-8")
    files = {
        "typo.yaml": f"user: look\npasword: {CANARY}\n",
        "token": f"look@pve!wardops={CANARY}\n",
        "key.yaml": f"user: look\nprivate_key: |\n  {CANARY}\n",
    }
    (tmp_path / "secrets").mkdir()
    for name, text in files.items():
        (tmp_path / "secrets" / name).touch(mode=0o600)
        (tmp_path / "secrets" / name).write_text(text, encoding="utf-8")
    with pytest.raises(InventoryError) as told:
        load(tmp_path)
    assert [(one.where.rpartition(":")[0], one.key) for one in told.value.problems] == [
        ("26740.yaml:4", "inventory.login_shape"),
        ("26740.yaml:4", "inventory.ca_no_file"),
        ("26740.yaml:5", "inventory.login_shape_ssh"),
    ]
    for language in LANGUAGES:
        assert "file:secrets/typo.yaml" in told.value.text(language)
        assert str(tmp_path / "cb.pem") in told.value.text(language)
        assert CANARY not in told.value.text(language)


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path / "none")
    assert caught.value.key == "inventory.no_folder"
    assert "\n" not in caught.value.text("vi")


def test_a_folder_without_yaml_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert caught.value.key == "inventory.no_files"


def test_a_folder_without_wards_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("schema: wardops/site/1\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert caught.value.key == "inventory.no_wards"


def test_a_file_of_no_bytes_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch()
    assert problem_keys(tmp_path) == ["inventory.empty_file"]


def test_a_too_large_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.yaml").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    assert problem_keys(tmp_path) == ["inventory.too_large"]


def test_what_the_system_refuses_to_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        read(tmp_path, "a.yaml")
    assert caught.value.key == "inventory.unreadable"


def test_aliases_are_read_as_long_as_they_stay_small() -> None:
    document = parse(WARD + "devices: &none []\nlinks: *none\n", "a.yaml")
    assert document.values["links"] == []
    assert document.mark(("links", 0)) == (4, 1)
    assert MAX_NODES >= 168 * 300


def test_windows_line_ends_and_byte_order_mark_are_fine(tmp_path: Path) -> None:
    raw = b"\xef\xbb\xbf" + WARD.replace("\n", "\r\n").encode()
    (tmp_path / "a.yaml").write_bytes(raw)
    assert list(load(tmp_path).wards) == ["26740"]


def test_utf16_is_told_as_a_wrong_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(WARD.encode("utf-16"))
    assert problem_keys(tmp_path) == ["inventory.not_utf8"]


def test_text_is_composed_when_it_is_read(tmp_path: Path) -> None:
    decomposed = "Thu\u0309 tu\u0323c"
    service = f'{{id: t, name: {{vi: "{decomposed}", en: Forms}}, url: "https://t.example/"}}'
    (tmp_path / "a.yaml").write_text(f"{WARD}services: [{service}]\n", encoding="utf-8")
    assert load(tmp_path).wards["26740"].services[0].name.vi == "Thủ tục"


def test_plain_words_follow_yaml_1_2() -> None:
    text = "a: yes\nb: true\nc: 0x1F\nd: 1e3\ne: 2026-11-21\nf: ~\ng: -.inf\nh: 'true'\ni: 010\n"
    assert dict(parse(text, "a.yaml").values) == {
        "a": "yes",
        "b": True,
        "c": 31,
        "d": 1000.0,
        "e": "2026-11-21",
        "f": None,
        "g": float("-inf"),
        "h": "true",
        "i": 10,
    }


@pytest.mark.parametrize("ref", ["env:WARDOPS_TEST", "file:s.txt", "systemd:s.txt"])
def test_every_kind_of_reference_leads_to_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ref: str
) -> None:
    monkeypatch.setenv("WARDOPS_TEST", CANARY)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "s.txt").write_text(f"{CANARY}\n", encoding="utf-8")
    assert resolve(ref, tmp_path).reveal() == CANARY


@pytest.mark.parametrize(
    ("ref", "key"),
    [
        ("env:WARDOPS_TEST_NOT_SET", "inventory.secret_no_env"),
        ("file:none.txt", "inventory.secret_no_file"),
        ("file:.", "inventory.secret_no_file"),
        ("file:blank.txt", "inventory.secret_empty"),
        ("file:bytes.txt", "inventory.secret_unreadable"),
        ("file:long.txt", "inventory.secret_unreadable"),
        ("systemd:none", "inventory.secret_no_credential"),
        ("systemd:../blank.txt", "inventory.secret_no_credential"),
    ],
)
def test_a_reference_to_nothing_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ref: str, key: str
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "blank.txt").write_text(" \n", encoding="utf-8")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe" + CANARY.encode())
    (tmp_path / "long.txt").write_text(CANARY * 10_000, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        resolve(ref, tmp_path)
    assert caught.value.key == key
    assert ref in caught.value.text("vi")
    assert CANARY not in caught.value.text("en")


def test_outside_a_systemd_unit_there_are_no_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(InputError) as caught:
        resolve("systemd:snmp", tmp_path)
    assert caught.value.key == "inventory.secret_no_credential"


@pytest.mark.skipif(os.name != "posix", reason="only POSIX modes say who may read a file")
def test_a_secret_that_everybody_may_read_is_refused_in_realm_live_alone(
    example: Path,
) -> None:
    secret = example / "vc.yaml"
    secret.chmod(0o644)
    assert problem_keys(example) == ["inventory.secret_exposed"]
    with pytest.raises(InputError):
        refuse_exposed("file:vc.yaml", example)
    secret.chmod(0o640)
    assert list(load(example).wards) == ["26740"]

    simulated = example / "sim"
    simulated.mkdir()
    (simulated / "site.yaml").write_text("schema: wardops/site/1\nrealm: sim\n", encoding="utf-8")
    device = '{name: sw-1, kind: cisco_ios, address: 127.16.0.1, snmp: {auth: "file:s.txt"}}'
    (simulated / "a.yaml").write_text(f"{WARD}devices: [{device}]\n", encoding="utf-8")
    (simulated / "s.txt").write_text(CANARY, encoding="utf-8")
    (simulated / "s.txt").chmod(0o644)
    assert list(load(simulated).wards) == ["26740"]


def test_secrets_are_not_looked_up_when_nobody_needs_them(tmp_path: Path) -> None:
    device = '{name: sw-1, kind: cisco_ios, address: 192.0.2.1, snmp: {auth: "file:none"}}'
    (tmp_path / "a.yaml").write_text(f"{WARD}devices: [{device}]\n", encoding="utf-8")
    assert problem_keys(tmp_path) == ["inventory.secret_no_file"]
    assert list(load(tmp_path, with_secrets=False).wards) == ["26740"]


def test_a_secret_never_prints_and_never_serialises() -> None:
    secret = Secret(CANARY)
    assert CANARY not in f"{secret} {secret!r} {[secret]} {secret!s:>10}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret != Secret(CANARY)


def test_no_secret_stays_in_the_inventory(example: Path) -> None:
    inventory = load(example, kinds())
    everything = f"{inventory} {inventory!r} {inventory.model_dump()} {inventory.model_dump_json()}"
    assert CANARY not in everything
    assert "env:SNMP_26740" in everything


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_secret_written_into_the_inventory_is_not_repeated(
    tmp_path: Path, language: Language
) -> None:
    misplaced = [
        f"snmp: {{auth: {CANARY}}}",
        f"snmp: {{auth: [{CANARY}]}}",
        f"snmp: {{auth: {{password: {CANARY}}}}}",
        f"snmp: {CANARY}",
        f"snmp: {{community: {CANARY}, auth: 'env:PATH'}}",
        f"password: {CANARY}",
        f"node_exporter: 'http://u:{CANARY}@192.0.2.1/'",
        f"node_exporter: 'gopher://u:{CANARY}@192.0.2.1/'",
        f"https: {{auth: 'env:PATH', user: {CANARY}}}",
    ]
    for number, line in enumerate(misplaced):
        device = f"{{name: sw-1, kind: cisco_ios, address: 192.0.2.1, {line}}}"
        path = tmp_path / f"{number}.yaml"
        path.write_text(f"{WARD}devices: [{device}]\n", encoding="utf-8")
        with pytest.raises(InventoryError) as caught:
            load(path)
        assert CANARY not in caught.value.text(language)
        assert CANARY not in f"{caught.value!r} {caught.value.problems}"


def test_a_trace_of_a_bad_inventory_holds_no_secret(tmp_path: Path) -> None:
    device = f"{{name: sw-1, kind: cisco_ios, address: 192.0.2.1, snmp: {{auth: {CANARY}}}}}"
    (tmp_path / "a.yaml").write_text(f"{WARD}devices: [{device}]\n", encoding="utf-8")
    code = (
        f"from pathlib import Path; from inventory.load import load; load(Path({str(tmp_path)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "InventoryError" in done.stderr
    assert CANARY not in done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_of_many_problems_can_be_counted(tmp_path: Path, language: Language) -> None:
    (tmp_path / "a.yaml").write_text("{", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("{", encoding="utf-8")
    with pytest.raises(InventoryError) as caught:
        load(tmp_path)
    assert len(caught.value.text(language).splitlines()) == 2
    assert "2" in say("inventory.problems", language, **caught.value.values)


def test_a_city_is_complete_with_all_168_units(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("schema: wardops/site/1\ncity: true\n", encoding="utf-8")
    for code in units():
        text = f'schema: wardops/inventory/1\nward: "{code}"\n'
        (tmp_path / f"{code}.yaml").write_text(text, encoding="utf-8")
    assert len(load(tmp_path).wards) == 168
    (tmp_path / "27676.yaml").unlink()
    assert problem_keys(tmp_path) == ["inventory.city_gaps"]
