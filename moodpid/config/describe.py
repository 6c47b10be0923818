"""Valid types and given values of the configuration file, in plain words and TOML's spelling."""

import json
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import Meta

_MAX_DIGITS = 30
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}
_KINDS |= {tuple: "a list", dict: "a table"}


def explain(value: object, hint: object) -> str:
    """Explain why `value` is not valid where the schema has `hint`; continues "[table] key: ".

    Args:
        value: What `tomllib` made of the file's text.
        hint: The type of a field of `moodpid.config.schema`, with its `Meta`.
    """
    kind, meta = _parts(hint)
    if isinstance(value, str):
        if kind is str:
            return f"expected {meta.description}, not {spell(value)}" if value else "may not be empty"
        if kind is tuple:
            return f"is a list: write [{spell(value)}]"
    quotes = ", without quotes" if isinstance(value, str) else ""
    return f"is {_KINDS[kind]}{_range(meta)}{quotes}, not {spell(value)}"


def spell(value: object) -> str:
    """Return a value as TOML spells it; long ones only by their kind."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False)
        case bool():
            return str(value).lower()
        case dict() | list():
            return "a table" if isinstance(value, dict) else "a list"
        case int() if abs(value) >= 10**_MAX_DIGITS:
            return f"a number of more than {_MAX_DIGITS} digits"
    return str(value)


def _parts(hint: Any) -> tuple[type, Meta]:  # noqa: ANN401 - a type, as `typing` has it
    """Return the kind of value, and the limits on it."""
    if get_origin(hint) in (Union, UnionType):
        return _parts(get_args(hint)[0])
    if get_origin(hint) is Annotated:
        kind, meta = get_args(hint)
        return get_origin(kind) or kind, meta
    return get_origin(hint) or hint, Meta()


def _range(meta: Meta) -> str:
    if meta.le is not None and meta.gt is not None:
        return f" above {meta.gt:g} up to {_plain(meta.le)}"
    if meta.le is not None:
        return f" from {meta.ge:g} to {_plain(meta.le)}"
    if meta.lt is not None:
        return f" from {meta.ge:g} to below {meta.lt:g}"
    if meta.gt is not None:
        return f" above {meta.gt:g}"
    return f" from {meta.ge:g} on" if meta.ge is not None else ""


def _plain(limit: float) -> str:
    return f"{limit:,.0f}" if limit >= 1e6 else f"{limit:g}"  # noqa: PLR2004 - where :g changes to 1e+06
