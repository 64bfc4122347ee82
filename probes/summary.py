"""What one asking brought, in a few lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.language import decimal, say
from inventory.text import one_line
from probes.describe import deciding, reason_text
from probes.path.words import line_facts
from probes.vc.words import vc_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inventory.language import Language
    from probes.model import EchoStats, Identity, Interface, Observation, Target
    from probes.shares.model import OpenShare
    from probes.vc.status import CanaryCall
    from probes.vm.estate import Estate, Store
    from probes.vm.status import VmStatus


def summary(
    target: Target,
    observations: Sequence[Observation],
    seconds: float,
    requests: int,
    language: Language,
) -> Iterator[str]:
    """The lines: target and outcome, one per probe, then what the device said of itself."""
    main = deciding(observations)
    yield say(
        "probe.line_target",
        language,
        target=target.name if target.host in target.name else f"{target.name} ({target.host})",
        outcome=_outcome(main, language),
        seconds=decimal(seconds, 2, language),
        requests=requests,
    )
    for seen in observations:
        if len(observations) > 1:
            yield f"  {seen.probe}: {_outcome(seen, language)}"
        for line in _facts(seen, language):
            yield f"    {line}"


def _outcome(seen: Observation, language: Language) -> str:
    return reason_text(seen.reason, seen.detail, seen.detail_values, language)


def _facts(seen: Observation, language: Language) -> Iterator[str]:
    reading = seen.reading
    if reading.echo is not None:
        yield _echo(reading.echo, language)
    if reading.identity is not None:
        yield _identity(reading.identity, language)
    if reading.interfaces is not None:
        yield _ports(reading.interfaces, language)
    yield from vc_lines(reading, language)
    if reading.vm is not None:
        yield _vm(reading.vm, language)
    if reading.estate is not None:
        yield _estate(reading.estate, language)
    if reading.stores:
        yield _stores(reading.stores, language)
    if reading.shares is not None:
        yield _shares(reading.shares, language)
    if reading.call is not None:
        yield from _call(reading.call, language)
    yield from line_facts(seen, language)
    if reading.samples:
        yield say("probe.line_samples", language, count=len(reading.samples))


def _echo(echo: EchoStats, language: Language) -> str:
    mean_s = sum(echo.rtts_s) / len(echo.rtts_s) if echo.rtts_s else 0.0
    return say(
        "probe.line_echo",
        language,
        lost=echo.lost,
        sent=echo.sent,
        rtt=decimal(mean_s * 1000, 2, language),
        method=echo.method,
    )


def _identity(identity: Identity, language: Language) -> str:
    told = (identity.vendor, identity.model, identity.version, identity.sys_name)
    words = ", ".join(word for word in told if word) or "?"
    return say("probe.line_identity", language, words=words, kind=identity.device_class)


def _ports(ports: Sequence[Interface], language: Language) -> str:
    up = sum(port.oper == "up" for port in ports)
    return say("probe.line_ports", language, count=len(ports), up=up)


def _call(call: CanaryCall, language: Language) -> Iterator[str]:
    yield say("probe.line_call", language, seconds=decimal(call.setup_s, 1, language))
    for way in call.ways:
        yield say(
            "probe.line_call_way",
            language,
            direction=say(f"probe.call_{way.dir}", language),
            loss=decimal(100 * way.loss_ratio, 1, language),
            jitter=decimal(1000 * way.jitter_s, 1, language),
            mos="?" if way.mos is None else decimal(way.mos, 1, language),
        )


def _vm(vm: VmStatus, language: Language) -> str:
    used = vm.memory_used_ratio
    return say(
        "probe.line_vm",
        language,
        memory="?" if used is None else f"{decimal(used * 100, 0, language)} %",
        load="?" if vm.load1 is None else decimal(vm.load1, 2, language),
        mounts=", ".join(
            f"{disk.mount} {decimal((1 - disk.avail_ratio) * 100, 0, language)} %"
            for disk in vm.filesystems[:4]
        )
        or "?",
    )


def _stores(stores: Sequence[Store], language: Language) -> str:
    used = (
        f"{one_line(one.name, 40)} {decimal((1 - one.free_ratio) * 100, 0, language)} %"
        for one in stores[:4]
    )
    return say("probe.line_stores", language, stores=", ".join(used))


def _shares(shares: Sequence[OpenShare], language: Language) -> str:
    """Names for the person at the keyboard; the series only count them."""
    words = {True: "probe.share_writable", None: "probe.share_nfs"}
    named = [one_line(one.name, 40) for one in shares]
    told = [
        say(words[one.is_writable], language, name=name) if one.is_writable in words else name
        for one, name in zip(shares, named, strict=True)
    ]
    return say(
        "probe.line_shares", language, shares=", ".join(told) or say("probe.no_shares", language)
    )


def _estate(estate: Estate, language: Language) -> str:
    saved = [one.is_in_backup for one in estate.guests]
    return say(
        "probe.line_estate",
        language,
        hosts=len(estate.hosts),
        guests=len(estate.guests),
        on=sum(one.power == "on" for one in estate.guests),
        unsaved="?" if None in saved else saved.count(False),
    )
