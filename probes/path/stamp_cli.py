"""`wardops reflector`: the far end of STAMP measurements, alone, in the data centre or on a CE."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack, suppress
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import click

from inventory.errors import InputError
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES, say
from probes.path.stamp_reflector import RATE_PER_S, Counts, Reflector, ReflectorSocket
from probes.path.stamp_wire import PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inventory.language import Language
    from probes.path.stamp_reflector import Network

LOOPBACKS = ("127.0.0.1", "::1")
_LOOPBACK_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_MOST_RATE = 100_000
_MOST_PORT = 65535


@click.command()
@click.option("--listen", multiple=True, metavar="ADDRESS[:PORT]")
@click.option("--allow", multiple=True, metavar="NETWORK")
@click.option("--rate", type=click.IntRange(1, _MOST_RATE), default=RATE_PER_S)
@click.option("--for", "for_s", type=click.FloatRange(min=0), metavar="SECONDS")
@click.option("--lang", type=click.Choice(LANGUAGES))
def command(
    listen: tuple[str, ...],
    allow: tuple[str, ...],
    rate: int,
    for_s: float | None,
    lang: str | None,
) -> int:
    """Answer STAMP test packets until stopped; exit 2 for a bad or forbidden address."""
    language = _language(lang)
    try:
        places = [place(text) for text in listen] or [(host, PORT) for host in LOOPBACKS]
        networks = allowed(allow, places)
        asyncio.run(_serve(places, Reflector(networks, rate), for_s, language))
    except InputError as error:
        click.echo(error.text(language), err=True)
        return error.exit_code
    return 0


def place(text: str) -> tuple[str, int]:
    """`ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT` as host and port; 862 where none is written.

    Raises InputError for anything else.
    """
    host, port = text, str(PORT)
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") if rest else port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        address = ip_address(host)
    except ValueError as error:
        raise InputError("reflector.listen", value=text) from error
    if not (port.isascii() and port.isdigit()) or int(port) > _MOST_PORT:
        raise InputError("reflector.listen", value=text)
    return str(address), int(port)


def allowed(texts: Sequence[str], places: Sequence[tuple[str, int]]) -> tuple[Network, ...]:
    """The networks that are answered; loopback where only loopback listens.

    Raises InputError for what is no network, and when a reachable address has no such list.
    """
    networks = []
    for text in texts:
        try:
            networks.append(ip_network(text))
        except ValueError as error:
            raise InputError("reflector.allow", value=text) from error
    if networks:
        return tuple(networks)
    open_to_all = [host for host, _port in places if not ip_address(host).is_loopback]
    if open_to_all:
        raise InputError("reflector.allow_missing", listen=open_to_all[0])
    return _LOOPBACK_NETWORKS


async def _serve(
    places: Sequence[tuple[str, int]], reflector: Reflector, for_s: float | None, language: Language
) -> None:
    with ExitStack() as closing:
        for where in places:
            opened = _open(where, reflector)
            closing.callback(opened.close)
            click.echo(say("reflector.listening", language, address=_shown(opened.address)))
        await _stopped(for_s)
    click.echo(_told(reflector.counts, language))


def _open(where: tuple[str, int], reflector: Reflector) -> ReflectorSocket:
    try:
        return ReflectorSocket(where, reflector)
    except PermissionError as error:
        raise InputError("reflector.permission", address=_shown(where)) from error
    except OSError as error:
        problem = error.strerror or str(error)
        raise InputError("reflector.bind", address=_shown(where), problem=problem) from error


async def _stopped(for_s: float | None) -> None:
    """Wait for SIGINT, SIGTERM or that many seconds."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with suppress(TimeoutError):
        async with asyncio.timeout(for_s):
            await stop.wait()


def _told(counts: Counts, language: Language) -> str:
    values: dict[str, Any] = {
        "answered": counts.answered,
        "forbidden": counts.forbidden,
        "limited": counts.limited,
        "malformed": counts.malformed,
        "not_sent": counts.not_sent,
    }
    return say("reflector.counts", language, **values)


def _shown(where: tuple[str, int]) -> str:
    host, port = where
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _language(asked: str | None) -> Language:
    given: Callable[[str], object] = click.get_current_context().find_root().meta.get
    wanted = asked or given("wardops.lang") or os.environ.get("WARDOPS_LANG")
    return next((language for language in LANGUAGES if language == wanted), DEFAULT_LANGUAGE)
