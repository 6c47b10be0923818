"""What other programs report of the mood: one request of each sense that the configuration lists."""

from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from moodpid.mood.emotion import Emotion
from moodpid.mood.senses import evidence_of_affect, evidence_of_scores
from moodpid.requests import SenseReport
from moodpid.settings.fields import Capabilities, FieldKind, InvalidRequestError, SettingField

MAX_BYTES = 512
_Axis = Annotated[float, Meta(ge=-1, le=1)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_EXAMPLES = '{"valence": -0.4, "arousal": 0.7} or {"scores": {"sad": 0.8, "neutral": 0.2}}'


class _Report(Struct, frozen=True, forbid_unknown_fields=True):
    """The payload; `weight` is a share of the sense's own weight."""

    valence: _Axis | None = None
    arousal: _Axis | None = None
    scores: dict[Emotion, _Share] | None = None
    weight: _Share = 1.0


def sense_fields(capabilities: Capabilities) -> tuple[SettingField, ...]:
    """Return one field for each sense, with the key `senses/<name>`."""
    return tuple(
        SettingField(
            f"senses/{name}", FieldKind.SENSE, partial(parse_report, name), None, max_bytes=MAX_BYTES
        )
        for name in capabilities.senses
    )


def parse_report(name: str, text: str) -> SenseReport:
    """Return the report of a sense.

    Raises:
        InvalidRequestError: The text is not valid; the error names what is.
    """
    try:
        report = msgspec.json.decode(text, type=_Report)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequestError(f"{error}; it takes {_EXAMPLES}") from None
    affect = report.valence is not None or report.arousal is not None
    if affect == (report.scores is not None) or (
        report.scores is not None and not any(report.scores.values())
    ):
        raise InvalidRequestError(f"it takes {_EXAMPLES}, with an optional weight from 0 to 1")
    if report.scores is not None:
        return SenseReport(name, evidence_of_scores(report.scores), report.weight)
    return SenseReport(name, evidence_of_affect(report.valence, report.arousal), report.weight)
