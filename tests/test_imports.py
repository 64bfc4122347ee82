"""What a static graph cannot show: which modules a command really loads, and where it can run."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"inventory", "probes", "playbooks", "agent", "tui", "drills"}
HEAVY = {"textual", "rich", "netmiko"}
# pydantic and what it stands on.
PYDANTIC = {
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_extensions",
    "typing_inspection",
}
# Modules that Windows does not have.
UNIX_ONLY = {"fcntl", "pwd", "grp", "resource", "termios", "pty"}
WARD_PATH = (
    *sorted((ROOT / "inventory").rglob("*.py")),
    *sorted((ROOT / "playbooks").rglob("*.py")),
    *sorted((ROOT / "tui").rglob("*.py")),
    ROOT / "agent" / "address.py",
    ROOT / "agent" / "client.py",
    ROOT / "agent" / "glance.py",
    *sorted((ROOT / "agent" / "wire").rglob("*.py")),
    ROOT / "probes" / "inventory_cli.py",
)

# What takes long to load, so nothing of it may stand before the first text of the full screen.
SLOW = {*HEAVY, *PYDANTIC, "asyncio", "cryptography", "email", "http", "httpx", "logging", "ssl"}

LIGHT_COMMANDS = {
    "agent": ["agent", "--help"],
    "inventory.check": ["inventory", "check", "/nowhere"],
    "inventory.show": ["inventory", "show", "--kinds"],
    "playbook.list": ["playbook", "list"],
    "playbook.show": ["playbook", "show", "PB-NET-01"],
    "probe": ["probe", "--help"],
    "status": ["status", "--help"],
}


def loaded_after(code: str) -> set[str]:
    """Top-level names of all modules that a fresh interpreter has after running this code."""
    program = f"import sys, json\n{code}\njson.dump(sorted(sys.modules), sys.__stderr__)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    modules: list[str] = json.loads(done.stderr.splitlines()[-1])
    return {module.partition(".")[0] for module in modules}


@cache
def loaded_at_start() -> frozenset[str]:
    """What the interpreter and an editable install load before any code of ours."""
    return frozenset(loaded_after(""))


def is_there(command: str) -> bool:
    """Whether the module behind a subcommand's entry point exists."""
    (entry,) = entry_points(group="wardops.commands", name=command)
    return find_spec(entry.module) is not None


@pytest.mark.parametrize("command", LIGHT_COMMANDS)
def test_light_commands_load_no_screen_and_no_switch_library(command: str) -> None:
    if not is_there(command):
        pytest.skip(f"wardops {command} does not exist yet")
    call = f"from agent.cli import main\nsys.stderr = sys.stdout\nmain({LIGHT_COMMANDS[command]!r})"
    loaded = loaded_after(call)
    assert "agent" in loaded
    assert loaded & HEAVY == set()


def test_the_first_text_of_the_full_screen_stands_before_anything_slow_is_loaded() -> None:
    paint = (
        "import agent.cli, tui.cli, tui.prepaint as pre\nfrom tui.text import Words\n"
        "agent.cli.commands(); agent.cli.clash()\n"
        "assert pre.first_text(b'', Words())"
    )
    assert (loaded_after(paint) - loaded_at_start()) & SLOW == set()


def test_help_of_all_commands_loads_none_of_them() -> None:
    call = "from agent.cli import main\nsys.stderr = sys.stdout\nmain(['--help'])"
    assert (loaded_after(call) - loaded_at_start()) & (
        SLOW | (OURS - {"agent", "inventory"})
    ) == set()


def test_a_good_status_is_told_without_the_types_and_without_the_http_client() -> None:
    loaded = loaded_after("import agent.cli, tui.status") - loaded_at_start()
    assert loaded & (SLOW - {"email", "http", "ssl"}) == set()


def test_the_agents_client_does_not_load_what_draws() -> None:
    code = "from agent.client import Address, AgentClient\nAgentClient(Address()).close()"
    loaded = loaded_after(code)
    assert "httpx" in loaded
    assert loaded & {"rich", "pygments"} == set()


def test_the_api_types_need_pydantic_and_the_standard_library_alone() -> None:
    if find_spec("agent.wire") is None:
        pytest.skip("agent.wire does not exist yet")
    allowed = OURS | set(sys.stdlib_module_names) | loaded_at_start()
    foreign = loaded_after("import agent.wire") - allowed - PYDANTIC
    # The standard library's own record of how Python was built; its name differs by platform.
    assert {name for name in foreign if not name.startswith("_sysconfigdata")} == set()


def test_packages_load_nothing_by_themselves() -> None:
    code = "\n".join(f"import {name}" for name in sorted(OURS))
    loaded = loaded_after(code)
    assert loaded >= OURS
    assert loaded - OURS - loaded_at_start() <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    "path", [path for path in WARD_PATH if path.is_file()], ids=lambda p: str(p.relative_to(ROOT))
)
def test_what_runs_in_a_ward_imports_nothing_that_windows_lacks(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported & UNIX_ONLY == set()
