"""A ward's machines are judged by what their host tells, and are off by its word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.walks.conftest import Story


async def seldom(
    story: Story, seconds: float, condition: Callable[[], Coroutine[Any, Any, Any]]
) -> Any:
    """The condition's first true value, looked at every 15 s: each look costs an answer."""
    for _ in range(int(seconds / 15)):
        await story.clock.sleep(15.0)
        found = await condition()
        if found:
            return found
    raise AssertionError(f"not within {seconds} s")


def test_a_host_tells_what_its_machines_lack_and_which_is_off(tell: Callable[..., None]) -> None:
    async def plot(story: Story) -> None:
        async def machine(name: str) -> Any:
            listed = (await story.get("/machines"))["machines"]
            return next(one for one in listed if one["name"] == name)

        async def power(name: str, state: str) -> str:
            told = [line for line in (await story.metrics()).splitlines()
                    if line.startswith("wardops_vm_power_state") and f'device="{name}"' in line
                    and f'state="{state}"' in line]  # fmt: skip
            return told[0].rpartition(" ")[2] if told else ""

        async def first() -> Any:
            listed = (await story.get("/machines"))["machines"]
            return next((one["name"] for one in listed if one["guest"] is not None), None)

        name = await seldom(story, 180, first)
        assert (await machine(name))["power"] == "on"
        assert await power(name, "on") == "1"

        story.fault("vm_snapshot_full", name)

        async def is_found() -> bool:
            found = {one["rule"]: one for one in (await machine(name))["findings"]}
            return (found["DC-03"]["severity"], found["DC-03"]["result"]) == ("crit", "fail")

        await seldom(story, 480, is_found)
        assert (await machine(name))["snapshots"] == 3
        assert f'wardops_vm_snapshots{{ward="26740",device="{name}"}} 3' in await story.metrics()

        story.fault("vm_off", name)

        async def is_off() -> bool:
            heads = [one["headline"]["en"] for one in await story.incidents(is_open=True)]
            return any(name in head and "off by the word of pve-26740" in head for head in heads)

        await seldom(story, 180, is_off)
        assert await power(name, "off") == "1"
        assert (await story.get(f"/devices/{name}"))["power"] == "off"

    tell(plot, hypervisor=True)
