"""The machine's shell: what a person types is answered as a real one would, and nothing runs."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills import faults
from drills.faces.shell.disks import human
from drills.faces.shell.programs import PROGRAMS
from drills.faces.shell.session import Said, Session
from drills.faces.shell.terminal import Terminal
from drills.topology import ward_standard
from drills.world import World
from probes.clock import ManualClock

VM = "vm-26740-1"


@pytest.fixture
def shell(world: World) -> Session:
    """A login on the ward's machine."""
    return Session(world, world.topology.nodes[VM], "look")


@pytest.mark.parametrize(
    ("typed", "out", "status"),
    [
        ("hostname", f"{VM}\n", 0),
        ("date", "Sat Nov 21 07:25:00 +07 2026\n", 0),
        ("date -u +%FT%TZ", "2026-11-21T00:25:00Z\n", 0),
        ("cat /etc/os-release | grep -c ID", "2\n", 0),
        ("cat /proc/stat | head -n 1 | grep -c '^cpu '", "1\n", 0),
        ("tail -1 /etc/timezone; echo $?", "Asia/Ho_Chi_Minh\n0\n", 0),
        ("false && echo no || echo yes", "yes\n", 0),
        ("true || echo no; echo \"$HOME\" '$HOME'", "/home/look $HOME\n", 0),
        ("A=1 # a remark", "", 0),
        ("echo a 2>&1 >/dev/null", "", 0),
        ("cat < /etc/hostname", f"{VM}\n", 0),
        ("ls /proc", "loadavg\nmeminfo\nstat\nuptime\n", 0),
        ("systemctl is-active ssh", "active\n", 0),
        ("systemctl is-failed ssh", "active\n", 1),
        ("systemctl --failed --no-legend --plain --no-pager", "", 0),
        ("timedatectl show -p NTPSynchronized --value", "yes\n", 0),
        ("exit 3", "", 3),
    ],
)
def test_it_says_what_the_machine_is(shell: Session, typed: str, out: str, status: int) -> None:
    said = shell.run(typed)
    assert (said.of(1), said.of(2), said.status) == (out, "", status)


@pytest.mark.parametrize(
    ("typed", "err", "status"),
    [
        ("foo", "sh: 1: foo: not found\n", 127),
        ("true\n\nfoo --bar", "sh: 3: foo: not found\n", 127),
        ("/usr/local/bin/tool", "sh: 1: /usr/local/bin/tool: not found\n", 127),
        ("cat /no/such", "cat: /no/such: No such file or directory\n", 1),
        ("cat /etc", "cat: /etc: Is a directory\n", 1),
        ("ls /no", "ls: cannot access '/no': No such file or directory\n", 2),
        ("df -Q", "df: invalid option -- 'Q'\nTry 'df --help' for more information.\n", 1),
        ("sudo -n id", "sudo: a password is required\n", 1),
        ("sudo reboot", "sudo: a password is required\n", 1),
        ("sshd -T", "sshd: no hostkeys available -- exiting.\n", 1),
        ("echo x > /etc/motd", "sh: 1: cannot create /etc/motd: Permission denied\n", 2),
        ("systemctl status mysql", "Unit mysql.service could not be found.\n", 4),
    ],
)
def test_what_it_has_not_or_may_not_is_told_as_a_real_one_tells_it(
    shell: Session, typed: str, err: str, status: int
) -> None:
    said = shell.run(typed)
    assert (said.of(1), said.of(2), said.status) == ("", err, status)


@pytest.mark.parametrize(
    "typed",
    ["sleep 9 &", "$(reboot)", "`id`", 'echo "$(id)"', "cat <<X", "(id)", "if true", "a 'b"],
)
def test_what_it_cannot_read_is_said_and_not_guessed(shell: Session, typed: str) -> None:
    said = shell.run(typed)
    assert (said.of(1), said.status) == ("", 2)
    assert "cannot read it" in said.of(2)


def test_faults_show_in_what_is_typed(world: World, shell: Session) -> None:
    for name in ("disk_full", "unit_failed", "port_exposed", "sshd_weak", "updates_due"):
        faults.apply(world, name, "vm")
    faults.apply(world, "ntp_skew", "vm", {"seconds": 3600.0})

    def said(typed: str) -> str:
        return shell.run(typed).of(1)

    assert re.search(r"^/dev/vdb1 +40G +40G +\S+ +99% /var$", said("df -h"), re.M)
    assert "● hoso-app.service" in said("systemctl --failed")
    assert "failed (Result: exit-code)" in said("systemctl status hoso-app")
    assert "hoso-app.service: Failed with result" in said("journalctl -n 2 --no-pager")
    listening = said("ss -lntu")
    assert ":3306" in listening
    assert ":443" not in listening
    assert said("date +%H") == "08\n"
    assert "synchronized: no" in said("timedatectl")
    assert "permitrootlogin yes" in said("sudo -n sshd -T")
    assert said("apt-get -s -qq upgrade | wc -l") == "7\n"
    assert said("ls /run") == "lock\nreboot-required\n"
    world.change("sudo", VM, False, who="test", source="inject")
    assert shell.run("sudo -n sshd -T").status == 1


@given(
    st.text(max_size=60) | st.lists(st.sampled_from([*PROGRAMS, *"|;&<>'\"$-n /"])).map(" ".join)
)
def test_whatever_is_typed_is_answered(text: str) -> None:
    world = World(ward_standard(("26740",)), 1, ManualClock())
    said = Session(world, world.topology.nodes[VM], "look").run(text)
    assert isinstance(said, Said)
    assert 0 <= said.status <= 255
    assert world.version == 0


def test_a_terminal_echoes_edits_and_prompts(world: World) -> None:
    terminal = Terminal(world, world.topology.nodes[VM], "look", has_tty=True)
    prompt = f"look@{VM}:~$ "
    assert terminal.greeting().endswith(prompt)
    assert terminal.feed(b"hostnamx\x7fe\r\n") == f"hostnamx\b \be\r\n{VM}\r\n{prompt}"
    assert terminal.feed(b"abc\x03") == f"abc^C\r\n{prompt}"
    assert terminal.feed(b"\x1b[A\techo \xc3\xaa\r") == f"echo ê\r\nê\r\n{prompt}"
    assert terminal.feed(b"\x04") == "logout\r\n"
    assert terminal.is_over
    plain = Terminal(world, world.topology.nodes[VM], "look", has_tty=False)
    assert (plain.greeting(), plain.feed(b"hostname\n")) == ("", f"{VM}\n")


@pytest.mark.realtime
def test_sizes_read_as_those_of_the_real_df() -> None:
    """GNU's own numfmt rounds as its df does."""
    sizes = [1024, 1025, 10_239, 10_240, 10_241, 1_048_575, 43_000_000_000, 5_368_709_120]
    command = ["numfmt", "--to=iec", "--round=up", *map(str, sizes)]
    real = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert [human(size) for size in sizes] == real
