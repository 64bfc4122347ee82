"""`/probe`: a service as blackbox_exporter shows it; what is not in the inventory, never."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as text_format

from agent.service_looks import MOST_LOOKS, ServiceLooks
from agent.web.app import build_app
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Target
from probes.transports.model import Transports
from probes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass
class Shop:
    """A web service on loopback, and the application whose inventory has it."""

    client: httpx.AsyncClient
    port: int
    looks: ServiceLooks
    visits: int = 0
    may_answer: asyncio.Event | None = None

    async def page(self, **asked: str) -> httpx.Response:
        return await self.client.get("/probe", params=asked)


def service(port: int, name: str = "tthc", ward: str = "26740", **more: Any) -> Target:
    url = f"http://127.0.0.1:{port}/"
    return Target(ward, name, "service:http_2xx", "service", "127.0.0.1", url=url, **more)


@asynccontextmanager
async def shop(agent: Any, *others: Target) -> AsyncIterator[Shop]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at.visits += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            if at.may_answer is not None:
                await at.may_answer.wait()
            writer.write(PAGE)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # who only connects asks for nothing
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    missing: Any = None
    ways = Transports(missing, missing, missing, missing, wire=Wire())
    found = [service(port), service(port, ward="25747"), *others]
    looks = ServiceLooks(found, ways, SystemClock(), lambda _reference: Secret("-"))
    agent.app = build_app(replace(agent.parts, looks=looks))
    try:
        async with agent.client(token=False) as client:
            at = Shop(client, port, looks)
            yield at
    finally:
        await looks.close()
        server.close()


def values(text: str) -> dict[str, float]:
    found = [sample for family in text_format(text) for sample in family.samples]
    return {sample.name: sample.value for sample in found}


async def test_a_service_is_found_by_its_name_its_url_and_its_port(agent: Any) -> None:
    async with shop(agent) as at:
        host = f"127.0.0.1:{at.port}"
        for asked in (
            {"target": "tthc"},
            {"target": "26740/tthc", "module": "http_2xx"},
            {"target": f"http://{host}/", "module": "http_2xx"},
            {"target": f"http://{host}"},
            {"target": host, "module": "http_2xx"},
            {"target": host, "module": "tcp_connect"},
            {"target": "tthc", "module": "tcp_connect"},
        ):
            answer = await at.page(**asked)
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert values(answer.text)["probe_success"] == 1, asked
            assert "ward=" not in answer.text
            series = [line for line in answer.text.splitlines() if not line.startswith("#")]
            assert [line.split(" ")[0] for line in series] == sorted(
                line.split(" ")[0] for line in series
            )


async def test_a_kind_without_a_module_of_the_exporter_is_refused_but_may_be_pinged(
    agent: Any,
) -> None:
    clock = Target(*("26740", "gio", "service:ntp", "service", "127.0.0.1"), url="ntp://127.0.0.1")
    async with shop(agent, clock) as at:
        assert (await at.page(target="gio")).status_code == 400
        assert (await at.page(target="gio", module="icmp")).status_code == 200


async def test_a_service_that_is_shut_is_a_finished_page_with_success_0(agent: Any) -> None:
    async with shop(agent, service(1, "shut")) as at:
        answer = await at.page(target="shut")
    assert answer.status_code == 200
    assert values(answer.text)["probe_success"] == 0
    assert values(answer.text)["probe_http_status_code"] == 0


async def test_a_silent_service_ends_before_the_scraper_gives_up(agent: Any) -> None:
    async with shop(agent) as at:
        at.may_answer = asyncio.Event()
        at.client.headers["X-Prometheus-Scrape-Timeout-Seconds"] = "0.8"
        answer = await at.page(target="tthc")
        at.may_answer.set()
    assert (answer.status_code, values(answer.text)["probe_success"]) == (200, 0)


async def test_callers_at_the_same_moment_share_one_look(agent: Any) -> None:
    async with shop(agent) as at:
        look = at.looks.look(service(at.port), "http_2xx", 5.0)
        others = [at.looks.look(service(at.port), "http_2xx", 5.0) for _ in range(8)]
        seen = await asyncio.gather(look, *others)
    assert at.visits == 1
    assert len(set(seen)) == 1


async def test_more_looks_than_can_be_borne_are_told_to_come_again(agent: Any) -> None:
    async with shop(agent) as at:
        at.may_answer = asyncio.Event()
        many = [service(at.port, f"tthc-{n}") for n in range(MOST_LOOKS)]
        looking = asyncio.gather(*(at.looks.look(one, "http_2xx", 5.0) for one in many))
        turns = asyncio.get_running_loop()
        began = turns.create_future()
        turns.call_soon(began.set_result, None)
        await began
        answer = await at.page(target="tthc")
        at.may_answer.set()
        await looking
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_one_service_told_differently_by_wards_must_be_named_with_its_ward(
    agent: Any,
) -> None:
    async with shop(agent, service(1, ward="26743")) as at:
        assert (await at.page(target="tthc")).status_code == 400
        assert values((await at.page(target="26740/tthc")).text)["probe_success"] == 1
        assert values((await at.page(target="26743/tthc")).text)["probe_success"] == 0


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("", 400),
        ("target=", 400),
        ("module=http_2xx", 400),
        ("target=tthc&target=ce-26740", 400),
        ("target=tthc&module=http_post_2xx", 400),
        ("target=tthc&module=", 400),
        ("target=tthc&module=http_2xx&module=icmp", 400),
        ("target=tthc&module=dns", 400),
        ("target=ce-26740&module=http_2xx", 400),
        ("target=tthc&debug=true", 400),
        ("target=tthc&hostname=evil.example", 400),
        ("target=https://tthc.example/admin", 403),
        ("target=http://tthc.example/", 403),
        ("target=https://tthc.example.:443/", 403),
        ("target=https://user@tthc.example/", 403),
        ("target=https://tthc.example@127.0.0.1/", 403),
        ("target=https://127.0.0.1/", 403),
        ("target=https://[::1]/", 403),
        ("target=https://2130706433/", 403),
        ("target=https://0177.0.0.1/", 403),
        ("target=127.0.0.1:22&module=tcp_connect", 403),
        ("target=tthc.example:22&module=tcp_connect", 403),
        ("target=tthc.example:443%0d%0aX:1&module=tcp_connect", 403),
        ("target=tthc.example%2e&module=icmp", 403),
        ("target=192.0.2.99&module=icmp", 403),
        ("target=3221225994&module=icmp", 403),
        ("target=localhost&module=icmp", 403),
        ("target=file:///etc/passwd", 403),
        ("target=gopher://tthc.example/", 403),
        ("target=TTHC", 403),
        ("target=25747/tthc", 403),
    ],
)
async def test_what_is_not_to_be_asked_is_one_line_and_no_packet(
    agent: Any, asked: str, status: int
) -> None:
    """The fixture's agent has no way out to the network at all."""
    async with agent.client(token=False) as client:
        answer = await client.get(f"/probe?{asked}")
    assert answer.status_code == status, answer.text
    assert answer.text.count("\n") == 1
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_broken_patience_is_answered_as_the_exporter_does(agent: Any) -> None:
    async with agent.client(token=False) as client:
        client.headers["X-Prometheus-Scrape-Timeout-Seconds"] = "soon"
        assert (await client.get("/probe?target=tthc")).status_code == 500


async def test_who_may_not_read_metrics_may_not_look_at_services(agent: Any) -> None:
    async with agent.client(token=False, peer="192.0.2.77") as client:
        answer = await client.get("/probe?target=tthc")
        assert answer.status_code == (await client.get("/metrics")).status_code == 401
