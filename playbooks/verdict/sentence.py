"""From a won row to sentences: the headline, the evidence, what is ruled out. Still pure values."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from playbooks.verdict.facts import Fact, Facts, Truth
from playbooks.verdict.model import Sentence
from playbooks.verdict.phrases import EVIDENCE, GOOD, PLACES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playbooks.verdict.model import Segment, VerdictState
    from playbooks.verdict.phrases import Variants
    from playbooks.verdict.reading import Reading
    from playbooks.verdict.rows import Row


@dataclass(frozen=True, slots=True)
class Finding:
    """What a row came to before it is put into words.

    `segment` is "unknown" when the confidence does not carry the row's own. `names`: facts whose
    sentences are wanted. `focus`: services, rooms or `dns` that it is about.
    """

    row: Row
    segment: Segment
    part: str
    state: VerdictState
    names: tuple[str, ...]
    focus: tuple[str, ...]
    missing: tuple[str, ...]
    unmeasured: tuple[str, ...]


def evidence(finding: Finding, facts: Facts, view: Mapping[str, Reading]) -> tuple[Sentence, ...]:
    """The facts of the row, one sentence each, in the order in which they lead to the verdict."""
    table = GOOD if finding.segment == "none" else EVIDENCE
    said = []
    for name in finding.names:
        fact = facts.fact("gw" if name == "backup" else name)
        truth = view[name].truth if name in view else fact.truth
        variants = table.get((name.partition("[")[0], truth))
        sentence = variants and _sentence(variants, _values(name, facts), fact)
        if sentence:
            said.append(sentence)
    if finding.row.id == "V0":
        said.extend(_here_only(name, facts) for name in finding.focus)
    return tuple(said)


def ruled_out(
    segments: tuple[Segment, ...], facts: Facts, view: Mapping[str, Reading]
) -> tuple[Sentence, ...]:
    """One sentence for each of the segments that is proven good; an unknown fact proves nothing."""
    proofs = {
        "power": _no_power_cut,
        "lan": _lan_good,
        "switch": _switch_good,
        "metronet": _line_good,
        "dc": _centre_good,
        "service": _services_good,
    }
    found = (proofs[segment](facts, view) for segment in segments)
    return tuple(sentence for sentence in found if sentence is not None)


def headline(finding: Finding, facts: Facts) -> Sentence:
    """`verdict.<segment>.<part>`, else `verdict.<segment>`; services and rooms by their name.

    The unit's kind is filled in when the sentence is rendered.
    """
    row = finding.row
    if finding.segment != row.segment:
        return _not_concluded(finding, facts)
    match (row.segment, row.part):
        case ("none", _):
            return _all_fine(finding)
        case ("service", "access") | ("unknown", "here_only"):
            return _from_here(finding, facts)
        case ("service", _):
            return Sentence("verdict.service", {"S": _service_name(finding.focus[0], facts)})
        case ("meeting", _):
            return Sentence("verdict.meeting", {"r": _values(finding.focus[0], facts)["r"]})
        case ("unknown", ""):
            return _not_concluded(finding, facts)
        case ("dc", _):
            return Sentence("verdict.dc", {})
        case _:
            return Sentence(f"verdict.{row.segment}.{row.part}", {})


def open_questions(
    finding: Finding, alternatives: tuple[str, ...], facts: Facts
) -> tuple[Sentence, ...]:
    """For a fault without a segment: what is not told apart, what to check, what is missing."""
    if finding.segment != "unknown":
        return ()
    check = finding.row.check
    said = []
    if len(alternatives) >= 2 and check:
        first, second = (_place(where, facts) for where in alternatives[:2])
        values = {"a": first, "b": second, "check": Sentence(f"check.{check}", {})}
        said.append(Sentence("both", values))
    if finding.missing:
        names = tuple(fact_name(name, facts) for name in finding.missing)
        said.append(Sentence("missing", {"facts": names}))
    return tuple(said)


def fact_name(name: str, facts: Facts | None = None) -> Sentence:
    """A fact in words, for lists of what is missing or not measured."""
    group, bracket, _ = name.partition("[")
    if not bracket:
        return Sentence(f"fact.{name}", {})
    values = _values(name, facts or Facts())
    return Sentence(f"fact.{group}", {key: values[key] for key in ("s", "r") if key in values})


def _all_fine(finding: Finding) -> Sentence:
    if finding.state == "maintenance":
        return Sentence("verdict.none.maintenance", {})
    if finding.unmeasured:
        return Sentence("verdict.none_except", {"n": len(finding.unmeasured)})
    return Sentence("verdict.none", {})


def _not_concluded(finding: Finding, facts: Facts) -> Sentence:
    if finding.state == "down":
        return Sentence("verdict.unknown_lost", {})
    if not finding.missing:
        return Sentence("verdict.unknown", {})
    named = tuple(fact_name(name, facts) for name in finding.missing[:2])
    return Sentence("verdict.unknown_missing", {"what": named})


def _from_here(finding: Finding, facts: Facts) -> Sentence:
    key = f"verdict.{finding.segment}.{finding.part}"
    services = [name for name in finding.focus if name != "dns"]
    if not services:
        return Sentence(f"{key}_dns", {})
    if len(services) > 2:
        return Sentence(f"{key}_many", {"n": len(services)})
    return Sentence(key, {"S": tuple(_service_name(name, facts) for name in services)})


def _here_only(name: str, facts: Facts) -> Sentence:
    fact = facts.fact(name)
    if name == "dns":
        return Sentence("ev.dns_here_only", {}, fact.source, fact.at)
    return Sentence("ev.here_only", {"s": _service_name(name, facts)}, fact.source, fact.at)


def _place(where: str, facts: Facts) -> Sentence:
    if where in PLACES:
        return Sentence(f"place.{where.replace('/', '.')}", {})
    _, _, key = where.partition("/")
    return Sentence("place.service", {"s": _service_name(f"svc[{key}]", facts)})


def _service_name(name: str, facts: Facts) -> object:
    return _values(name, facts)["s"]


def _values(name: str, facts: Facts) -> dict[str, object]:
    """The printable values of a fact; services and rooms have a name, their id if need be."""
    found = _present(facts.fact("gw" if name == "backup" else name))
    group, bracket, rest = name.partition("[")
    key = rest.removesuffix("]")
    if bracket and group in ("svc", "svc_hub"):
        found.setdefault("s", facts.fact(f"svc[{key}]").values.get("s") or key)
    elif bracket:
        found.setdefault("r", key)
    return found


def _present(fact: Fact) -> dict[str, object]:
    return {name: value for name, value in fact.values.items() if _is_printable(value)}


def _is_printable(value: object) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return value is not None and value != ""


def _sentence(
    variants: Variants, values: Mapping[str, object], fact: Fact, segment: Segment | None = None
) -> Sentence | None:
    for key, needs in variants:
        if all(name in values for name in needs):
            shown = {name: values[name] for name in needs}
            if key.endswith("_bare"):  # a service or room keeps its name when the rest is missing
                shown = {name: values[name] for name in ("s", "r") if name in values}
            return Sentence(key, shown, fact.source, fact.at, segment)
    return None


def _no_power_cut(facts: Facts, view: Mapping[str, Reading]) -> Sentence | None:
    if view["ups_batt"].truth is Truth.TRUE or view["local_dark"].truth is Truth.TRUE:
        return None
    dark = facts.fact("local_dark")
    if dark.truth is Truth.FALSE:
        values = _running(dark)
        return _sentence((("ro.power", ("n",)), ("ro.power_bare", ())), values, dark, "power")
    if view["sw"].truth is Truth.TRUE:
        return _sentence((("ro.power_bare", ()),), {}, facts.fact("sw"), "power")
    return None


def _running(dark: Fact) -> dict[str, object]:
    silent, total = dark.values.get("n"), dark.values.get("m")
    if isinstance(silent, int) and isinstance(total, int) and total > silent:
        return {"n": total - silent}
    return {}


def _lan_good(facts: Facts, view: Mapping[str, Reading]) -> Sentence | None:
    if view["lan_ok"].truth is not Truth.TRUE:
        return None
    fact = facts.fact("lan_ok")
    variants = (("ro.lan", ("n", "m", "k")), ("ro.lan_ports", ("n", "m")), ("ro.lan_bare", ()))
    return _sentence(variants, _present(fact), fact, "lan")


def _switch_good(facts: Facts, view: Mapping[str, Reading]) -> Sentence | None:
    faulty = any(view[name].is_bad for name in ("up_admin", "up_err", "up_vlan"))
    if view["sw"].truth is not Truth.TRUE or faulty:
        return None
    keys = {Truth.TRUE: "ro.switch", Truth.NA: "ro.switch_answers"}
    key = keys.get(view["up_oper"].truth)
    return _sentence(((key, ()),), {}, facts.fact("sw"), "switch") if key else None


def _line_good(facts: Facts, view: Mapping[str, Reading]) -> Sentence | None:
    poor = any(view[name].is_bad for name in ("path_ok", "mtu", "up_oper"))
    if view["gw"].truth is not Truth.TRUE or view["backup"].truth is Truth.TRUE or poor:
        return None
    gateway = facts.fact("gw")
    variants = (("ro.metronet", ("ms",)), ("ro.metronet_bare", ()))
    return _sentence(variants, _present(gateway), gateway, "metronet")


def _centre_good(facts: Facts, view: Mapping[str, Reading]) -> Sentence | None:
    if view["nb_all"].truth is not Truth.FALSE or view["dns_hub"].is_bad:
        return None
    fact = facts.fact("nb_all")
    return _sentence((("ro.dc", ("m",)), ("ro.dc_bare", ())), _present(fact), fact, "dc")


def _services_good(facts: Facts, view: Mapping[str, Reading]) -> Sentence | None:
    if not facts.services or view["svc_good"].truth is not Truth.TRUE:
        return None
    good = tuple(_good_names(facts))
    return Sentence("ro.service", {"s": good}, segment="service") if good else None


def _good_names(facts: Facts) -> Iterator[object]:
    for key, fact in facts.services.items():
        if fact.truth is Truth.TRUE:
            yield _service_name(f"svc[{key}]", facts)
