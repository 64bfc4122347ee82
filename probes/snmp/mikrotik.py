"""MIKROTIK-MIB, shared by RouterOS and SwOS."""

from __future__ import annotations

from probes.snmp.parts import Gauge, When, vendor

_GAUGE = "14988.1.1.3.100.1"
_NAME = vendor(f"{_GAUGE}.2")
_UNIT = vendor(f"{_GAUGE}.4")
_OPTIC = "14988.1.1.19.1.1"
_PORT = vendor(f"{_OPTIC}.2")
# An empty cage reads zero in every column; a module has a supply voltage.
_HAS_MODULE = When(vendor(f"{_OPTIC}.7"))

HEALTH = (
    Gauge("voltage", vendor("14988.1.1.3.8"), 0.1, label="supply"),
    Gauge("temperature", vendor("14988.1.1.3.10"), 0.1, label="board", kind="module"),
    Gauge("temperature", vendor("14988.1.1.3.11"), 0.1, label="cpu", kind="cpu"),
    Gauge("fan", vendor("14988.1.1.3.17"), label="fan 1"),
    Gauge("fan", vendor("14988.1.1.3.18"), label="fan 2"),
    # mtxrGaugeUnit: celsius(1) rpm(2) dV(3) dA(4) dW(5) status(6)
    Gauge("temperature", vendor(f"{_GAUGE}.3"), name=_NAME, when=When(_UNIT, (1,))),
    Gauge("fan", vendor(f"{_GAUGE}.3"), name=_NAME, when=When(_UNIT, (2,))),
    Gauge("voltage", vendor(f"{_GAUGE}.3"), 0.1, name=_NAME, when=When(_UNIT, (3,))),
    Gauge("current", vendor(f"{_GAUGE}.3"), 0.1, name=_NAME, when=When(_UNIT, (4,))),
    Gauge("power", vendor(f"{_GAUGE}.3"), 0.1, name=_NAME, when=When(_UNIT, (5,))),
)
OPTICS = (
    Gauge("temperature", vendor(f"{_OPTIC}.6"), name=_PORT, kind="optical"),
    Gauge("voltage", vendor(f"{_OPTIC}.7"), 0.001, name=_PORT, kind="optical", when=_HAS_MODULE),
    Gauge("optical_tx", vendor(f"{_OPTIC}.9"), 0.001, name=_PORT, when=_HAS_MODULE),
    Gauge("optical_rx", vendor(f"{_OPTIC}.10"), 0.001, name=_PORT, when=_HAS_MODULE),
)
