"""Devices: the list, and one device closely with its ports, values and their ages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from inventory.errors import WardopsError
from tui.actions import DEVICE, MACHINES
from tui.lines import BLANK, Span, boxed, fit, line
from tui.screens.searching import SearchScreen
from tui.view_device import (
    Closer,
    age_line,
    broken_devices,
    device_lines,
    device_mark,
    fact_lines,
    heading,
    is_machine,
    kept_line,
    up_time_line,
)
from tui.view_ports import (
    PAGE,
    PORTS_SOURCE,
    faceplate,
    legend_line,
    neighbour_lines,
    port_lines,
    sockets,
    table_lines,
    uplink_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agent.client import AgentClient
    from agent.wire import Device, DeviceDetail, Interface
    from tui.lines import Line
    from tui.screens.machines import MachinesScreen
    from tui.view import Showing

LIST_CELLS = 38
ASK_EVERY_S = 2.0


class DeviceScreen(SearchScreen):
    """Keeps which device and port are chosen; asks the agent about that device while in front."""

    NAME: ClassVar[str] = DEVICE

    def __init__(self) -> None:
        super().__init__()
        self._chosen = ""
        self._is_close = False
        self._port = 0
        self._detail: DeviceDetail | None = None
        self._ports: tuple[Interface, ...] | None = None
        self._asked_at = float("-inf")

    def choose(self, name: str) -> None:
        """Look closely at that device."""
        self._turn_to(name)
        self._is_close = True

    @property
    def chosen(self) -> str:
        """The name of the device under the cursor."""
        return self._chosen

    def crumbs(self, showing: Showing) -> tuple[str, ...]:
        """Devices, and the one that is looked at."""
        title = showing.words.say("screen.device.title")
        if not self._is_close or not self._chosen:
            return (title,)
        return (title, self._chosen) if showing.is_wide else (self._chosen,)

    def show(self, showing: Showing) -> None:
        """Draw, and ask for what the snapshot does not have."""
        self._choose(showing)
        self._ask(showing)
        super().show(showing)

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:
        """The list and the device side by side, or one of them where there is no room."""
        devices, every = self._devices(showing), self._all(showing)
        top = self.search_lines(showing, len(devices), len(every))
        if not devices:
            key = "screen.search.nothing" if every else "screen.device.none"
            return [*top, BLANK, line(Span(f"  {showing.words.say(key)}", "dim"))]
        if showing.is_wide:
            return [*top, *self._wide(devices, showing, rows - len(top))]
        if self._is_close:
            return list(self._close(showing, showing.columns, rows))[:rows]
        listed = [*top, *self._list(devices, showing, showing.columns, rows - len(top) - 4)]
        rule = line(Span("─" * showing.columns, "dim"))
        closer = self._closer(showing)
        age = age_line(closer, showing.columns, showing)
        brief = [heading(closer, showing), age, kept_line(closer, showing)]
        return [*listed, rule, *[fit(one, showing.columns) for one in brief]]

    def _wide(self, devices: Sequence[Device], showing: Showing, rows: int) -> list[Line]:
        columns = showing.columns - LIST_CELLS
        title = line(showing.words.say("screen.device.title"))
        listed = self._list(devices, showing, LIST_CELLS - 2, rows - 2)
        left = boxed(listed, LIST_CELLS, title=title, height=rows)
        close = self._close(showing, columns - 2, rows - 2)
        right = boxed(close, columns, title=line(Span(self._chosen, "strong")), height=rows)
        return [(*one, *other) for one, other in zip(left, right, strict=True)]

    def _list(
        self, devices: Sequence[Device], showing: Showing, columns: int, rows: int
    ) -> Iterator[Line]:
        """So many devices around the chosen one."""
        at = self._at(devices)
        first = max(0, min(at - rows // 2, len(devices) - rows))
        shown = list(device_lines(devices, self._chosen, columns, showing))
        yield from shown[first : first + rows]

    def _close(self, showing: Showing, columns: int, rows: int) -> Iterator[Line]:
        closer = self._closer(showing)
        rule = line(Span("─" * columns, "dim"))
        yield fit(heading(closer, showing), columns)
        yield fit(age_line(closer, columns, showing), columns)
        up_time = up_time_line(closer, showing)
        if up_time:
            yield up_time
        kept = kept_line(closer, showing)
        if kept:
            yield kept
        yield from fact_lines(closer, columns, showing)
        yield rule
        yield from self._ports_shown(closer, showing, columns, rows)

    def _ports_shown(
        self, closer: Closer, showing: Showing, columns: int, rows: int
    ) -> Iterator[Line]:
        words = showing.words
        if closer.ports is None:
            return
        if not closer.ports:
            key = "ports_unknown" if _reads_ports(closer) else "no_ports"
            yield line(Span(f" {words.say(f'screen.device.{key}')}", "dim"))
            return
        plate = sockets(closer, showing)
        if not plate:
            yield from _around(list(table_lines(closer, self._cursor(), showing)),
                               self._port, rows - 6)  # fmt: skip
            return
        yield from faceplate(plate, self._cursor(), showing)
        yield legend_line(showing)
        if len(plate) > PAGE:
            first = self._port // PAGE * PAGE
            last = min(first + PAGE, len(plate))
            said = {"first": first + 1, "last": last, "all": len(plate)}
            yield line(Span(f"      {words.say('screen.device.more_ports', **said)}", "dim"))
        yield from uplink_lines(closer, showing)
        if not self._is_close or showing.is_wide:
            yield from neighbour_lines(closer, columns, showing)
        if self._is_close:
            yield BLANK
            yield from port_lines(plate[self._port].interface, closer, showing)

    def _cursor(self) -> int:
        """The port that is marked; none while the list has the keys."""
        return self._port if self._is_close else -1

    # ---- what is known ----

    def _all(self, showing: Showing) -> tuple[Device, ...]:
        return showing.snapshot.devices if showing.snapshot else ()

    def _devices(self, showing: Showing) -> tuple[Device, ...]:
        """Those that fit what is searched for."""
        return self.sifted(self._all(showing), _names)

    def _choose(self, showing: Showing) -> None:
        """The first device, until somebody chooses another."""
        names = [one.name for one in self._devices(showing)]
        if names and self._chosen not in names:
            self._turn_to(names[0])

    def _turn_to(self, name: str) -> None:
        self._chosen, self._port = name, 0
        self._detail, self._ports, self._asked_at = None, None, float("-inf")

    def _at(self, devices: Sequence[Device]) -> int:
        names = [one.name for one in devices]
        return names.index(self._chosen) if self._chosen in names else 0

    def _closer(self, showing: Showing) -> Closer:
        devices = self._all(showing)
        device = devices[self._at(devices)]
        mark = device_mark(device, broken_devices(devices), showing)
        return Closer(device, mark, self._detail, self._ports)

    def _ask(self, showing: Showing) -> None:
        if not self._chosen or showing.mono - self._asked_at < ASK_EVERY_S:
            return
        self._asked_at = showing.mono
        name, ward = self._chosen, showing.ward.code if showing.ward else None

        def ask(client: AgentClient) -> tuple[DeviceDetail, tuple[Interface, ...]]:
            return client.device(name, ward), client.interfaces(name, ward)

        self.ward_app.ask(ask, lambda found: self.take(name, found))

    def take(
        self, name: str, found: tuple[DeviceDetail, tuple[Interface, ...]] | WardopsError
    ) -> None:
        """What the agent said of a device; an error leaves what is known to grow old."""
        if name != self._chosen or isinstance(found, WardopsError):
            return
        self._detail, self._ports = found
        self._port = min(self._port, max(0, self._places() - 1))
        self.ward_app.redraw()

    def _places(self) -> int:
        """How many ports the cursor can be on."""
        closer = self._closer(self.ward_app.showing())
        return len(sockets(closer, self.ward_app.showing())) or len(self._ports or ())

    # ---- keys ----

    def do_open(self) -> None:
        """Look closely at the chosen device."""
        self._is_close = True
        self.ward_app.redraw()

    def do_back(self) -> None:
        """From the device to the list, from the list home."""
        if self._is_close:
            self._is_close = False
            self.ward_app.redraw()
        else:
            super().do_back()

    def do_machines(self) -> None:
        """The machines; the one that is chosen here, if it is one."""
        if is_machine(self._closer(self.ward_app.showing()).device):
            screen = cast("MachinesScreen", self.ward_app.get_screen(MACHINES))
            screen.choose(self._chosen)
        self.ward_app.do_machines()

    def do_search(self) -> None:
        """Search the list, from the device too."""
        self._is_close = False
        super().do_search()

    def do_up(self) -> None:
        """The device above, or the port above on the faceplate."""
        self._move(-1)

    def do_down(self) -> None:
        """The device or port below."""
        self._move(1)

    def do_left(self) -> None:
        """Two ports back, since odd and even stand above each other."""
        self._step_port(-2)

    def do_right(self) -> None:
        """Two ports on."""
        self._step_port(2)

    def do_pages_up(self) -> None:
        """The faceplate before."""
        self._step_port(-PAGE)

    def do_pages_down(self) -> None:
        """The next faceplate."""
        self._step_port(PAGE)

    def _move(self, by: int) -> None:
        if self._is_close:
            self._step_port(by)
            return
        devices = self._devices(self.ward_app.showing())
        if devices:
            self._turn_to(devices[(self._at(devices) + by) % len(devices)].name)
            self.ward_app.redraw()

    def _step_port(self, by: int) -> None:
        places = self._places()
        if self._is_close and 0 <= self._port + by < places:
            self._port += by
            self.ward_app.redraw()


def _names(device: Device) -> tuple[str, ...]:
    """What a device is found by."""
    return (device.name, device.kind, device.model or "", device.vendor or "", device.role)


def _reads_ports(closer: Closer) -> bool:
    """Whether a probe reads this device's ports at all."""
    runs = closer.detail.observations if closer.detail else ()
    return any(one.source == PORTS_SOURCE for one in runs)


def _around(lines: list[Line], at: int, rows: int) -> list[Line]:
    first = max(0, min(at - rows // 2, len(lines) - rows))
    return lines[first : first + rows]
