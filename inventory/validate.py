"""A document against a model: values, or one sentence per mistake at its line.

Messages of the validation library are never shown; each of its error types has its own sentence.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from inventory import values as forms
from inventory.credentials import REFERENCE
from inventory.document import dotted
from inventory.machine import OPEN_PORT
from inventory.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic_core import ErrorDetails

    from inventory.document import Document, Keys
    from inventory.errors import Problem

Model = TypeVar("Model", bound=BaseModel)

_NUMBER, _LIST, _MAPPING = "inventory.not_number", "inventory.not_list", "inventory.not_mapping"
_ADDRESS, _BOOLEAN = "inventory.not_address", "inventory.not_boolean"
# Error types of pydantic (docs.pydantic.dev, "Validation Errors") and our sentences.
_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "string_too_short": "inventory.blank",
        "int_type": _NUMBER,
        "int_parsing": _NUMBER,
        "int_from_float": _NUMBER,
        "float_type": _NUMBER,
        "float_parsing": _NUMBER,
        "finite_number": _NUMBER,
        "bool_type": _BOOLEAN,
        "bool_parsing": _BOOLEAN,
        "model_type": _MAPPING,
        "dict_type": _MAPPING,
        "tuple_type": _LIST,
        "list_type": _LIST,
        "ip_v4_address": _ADDRESS,
        "ip_v6_address": _ADDRESS,
        "ip_any_address": _ADDRESS,
        "day_written": "inventory.not_day",
        "shares_nothing": "inventory.shares_nothing",
        "greater_than": "inventory.must_exceed",
        "greater_than_equal": "inventory.at_least",
        "less_than_equal": "inventory.at_most",
    }
)
_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        forms.WARD_CODE: "inventory.not_code",
        forms.NAME: "inventory.not_name",
        forms.HOST_NAME: "inventory.not_host_name",
        forms.HTTP_URL: "inventory.not_http_url",
        forms.PIN: "inventory.not_pin",
        forms.HOST_KEY: "inventory.not_host_key",
        forms.TEST_URI: "inventory.not_test_uri",
        forms.SIP_ADDRESS: "inventory.not_sip_address",
        forms.WORLD: "inventory.not_world",
        OPEN_PORT: "inventory.not_open_port",
    }
)
UNKNOWN_KEY = ("inventory.unknown_key", "inventory.unknown_key_near")
_LIMITS = ("gt", "ge", "le", "lt")
# How alike a written key and a known one must be (difflib's ratio) to be read as the known one.
_MEANT = 0.8
_MOST_LISTED = 16
_PORTS = "allow_ports"
# Keys under which a reference to a secret stands.
_SECRETS = frozenset({"auth", "password", "secret", "token"})
_USERINFO = re.compile(r"(?<=//)[^/\s]*@")


class Mistake(NamedTuple):
    """What one error of the validation library says in our words, and about which key."""

    keys: Keys
    key: str
    values: Mapping[str, object]


def validate(model: type[Model], document: Document) -> tuple[Model | None, tuple[Problem, ...]]:
    """The document as a value of this model, or None and what is wrong, in the file's order."""
    value, mistakes = examine(model, document.values)
    mistakes.sort(key=lambda mistake: document.mark(mistake.keys))
    return value, tuple(document.problem(keys, key, **values) for keys, key, values in mistakes)


def examine(model: type[Model], values: Mapping[str, Any]) -> tuple[Model | None, list[Mistake]]:
    """The values as a model, or None and the mistakes, each key once.

    What stands under a misspelt key is examined as what was meant, so that one wrong letter in
    front of a section does not hide the mistakes inside.
    """
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    # An address is tried as IPv4 and as IPv6, so one wrong text comes back as two errors.
    found = (_mistake(model, values, detail) for detail in details)
    mistakes = {(mistake.keys, mistake.key): mistake for mistake in found}
    return None, [*mistakes.values(), *_hidden(model, values, list(mistakes.values()))]


def _hidden(
    model: type[BaseModel], values: Mapping[str, Any], mistakes: list[Mistake]
) -> Iterator[Mistake]:
    """The mistakes under misspelt keys, at the places where they are written."""
    meant: dict[Keys, Keys] = {}
    corrected = copy.deepcopy(dict(values))
    for mistake in mistakes:
        right = _meant(model, mistake)
        around = _at(corrected, mistake.keys[:-1]) if right else None
        if right and isinstance(around, dict) and right not in around:
            around[right] = around.pop(mistake.keys[-1])
            meant[(*mistake.keys[:-1], right)] = mistake.keys
    if not meant:
        return
    for mistake in examine(model, corrected)[1]:
        for right_keys, written in meant.items():
            if mistake.keys[: len(right_keys)] == right_keys:
                yield mistake._replace(keys=(*written, *mistake.keys[len(right_keys) :]))


def _meant(model: type[BaseModel], mistake: Mistake) -> str | None:
    """The known key that an unknown one surely stands for."""
    if mistake.key not in UNKNOWN_KEY:
        return None
    known = _known_keys(model, mistake.keys[:-1])
    return next(iter(get_close_matches(str(mistake.keys[-1]).lower(), known, 1, _MEANT)), None)


def _at(values: Any, keys: Keys) -> Any:
    """What stands there; None when that was read as something else already."""
    for key in keys:
        try:
            values = values[key]
        except LookupError:
            return None
    return values


def shown(value: object) -> str:
    """A wrong value as it may be shown: one short line, without a password inside a URL."""
    return one_line(_USERINFO.sub("***@", str(value)))


def _mistake(model: type[BaseModel], values: Mapping[str, Any], error: ErrorDetails) -> Mistake:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    keys = tuple(error["loc"])
    if kind == "extra_forbidden":
        return Mistake(keys, *_unknown_key(model, keys))
    if kind == "missing":
        return Mistake(keys, "inventory.missing_key", {"name": keys[-1]})
    keys = _present(values, keys)
    is_reference = context.get("pattern") == REFERENCE
    if is_reference or (keys and keys[-1] in _SECRETS):
        # Somebody may have written the secret itself here: it must not be repeated.
        return Mistake(keys, "inventory.not_reference", {})
    if _PORTS in keys and shown(value).isdecimal():
        return Mistake(keys, "inventory.open_port_number", {"value": shown(value)})
    if value is None:
        return Mistake(keys, "inventory.no_value", {"name": dotted(keys[-1:])})
    return Mistake(keys, *_wrong_value(kind, value, context))


def _wrong_value(
    kind: str, value: object, context: Mapping[str, Any]
) -> tuple[str, Mapping[str, object]]:
    """The sentence about a value that is there, with what it needs and nothing more."""
    written = {"value": shown(value)}
    if kind in {"literal_error", "enum"}:
        allowed = re.findall(r"'([^']*)'", context["expected"])
        if str(value) in allowed:
            return "inventory.not_quoted", written
        return "inventory.not_allowed", written | {"allowed": _listed(allowed)}
    if kind == "string_type":
        quotable = isinstance(value, bool | int | float)
        return ("inventory.not_quoted", written) if quotable else ("inventory.not_text", {})
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], "inventory.bad_value"), written
    key = _SENTENCES.get(kind, "inventory.bad_value")
    if key in {_LIST, _MAPPING}:
        # A whole branch of the file, or a secret written where its access belongs.
        return key, {}
    limits = [context[name] for name in _LIMITS if name in context]
    return key, written | ({"limit": f"{limits[0]:g}"} if limits else {})


def _listed(words: Sequence[str]) -> str:
    """All of them, or the first and the last of very many."""
    return ", ".join(words if len(words) <= _MOST_LISTED else (*words[:2], "…", words[-1]))


def _unknown_key(model: type[BaseModel], keys: Keys) -> tuple[str, Mapping[str, object]]:
    known = _known_keys(model, keys[:-1])
    wrong = str(keys[-1])
    nearest = get_close_matches(wrong.lower(), known, n=1)
    if nearest:
        return UNKNOWN_KEY[1], {"name": one_line(wrong), "nearest": nearest[0]}
    return UNKNOWN_KEY[0], {"name": one_line(wrong), "known": ", ".join(known)}


def _present(values: Any, keys: tuple[int | str, ...]) -> Keys:
    """The path as far as it is in the document; the library appends names of union members."""
    for depth, key in enumerate(keys):
        try:
            values = values[key]
        except (LookupError, TypeError):
            return keys[:depth]
    return keys


def _known_keys(model: type[BaseModel], keys: Keys) -> list[str]:
    """Keys that the model takes at this place."""
    place: Any = model
    for key in keys:
        # Where the type knows nothing of the key, it is the name of a union's member.
        place = _under(place, key) or place
    found = _model_in(place) or model
    return [field.alias or name for name, field in found.model_fields.items()]


def _under(place: Any, key: int | str) -> Any:
    """The type of what stands under a key of this type: a field, a mapping's value, an item."""
    origin, inner = get_origin(place), get_args(place)
    if origin in {dict, Mapping}:
        return inner[1]
    if origin in {list, tuple} and isinstance(key, int):
        return inner[0]
    if origin is None and isinstance(place, type) and issubclass(place, BaseModel):
        fields = place.model_fields.items()
        return next(
            (field.annotation for name, field in fields if (field.alias or name) == key), None
        )
    return next((found for each in inner if (found := _under(each, key)) is not None), None)


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model inside `Device`, `Device | None` or `tuple[Device, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)
