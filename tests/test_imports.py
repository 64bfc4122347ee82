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
    ROOT / "agent" / "client.py",
    ROOT / "agent" / "wire.py",
    ROOT / "probes" / "inventory_cli.py",
)

LIGHT_COMMANDS = {
    "agent": ["agent", "--help"],
    "inventory.check": ["inventory", "check", "/nowhere"],
    "inventory.show": ["inventory", "show", "--kinds"],
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
