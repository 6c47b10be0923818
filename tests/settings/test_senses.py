"""Reports of senses are validated like every request."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mood.emotion import Emotion
from moodpid.mood.senses import evidence_of_affect, evidence_of_scores
from moodpid.requests import SenseReport
from moodpid.settings.fields import Capabilities, InvalidRequestError, setting_fields
from moodpid.settings.senses import parse_report, sense_fields
from tests.support.rooms import REPOSITORY


@pytest.mark.parametrize(
    ("text", "report"),
    [
        (
            '{"valence": -0.4, "arousal": 0.7}',
            SenseReport("voice", evidence_of_affect(-0.4, 0.7), 1.0),
        ),
        ('{"arousal": 1, "weight": 0.5}', SenseReport("voice", evidence_of_affect(None, 1.0), 0.5)),
        (
            '{"scores": {"sad": 0.8, "neutral": 0.2}}',
            SenseReport("voice", evidence_of_scores({Emotion.SAD: 0.8, Emotion.NEUTRAL: 0.2}), 1.0),
        ),
    ],
)
def test_a_valid_report_becomes_evidence(text: str, report: SenseReport) -> None:
    assert parse_report("voice", text) == report


@pytest.mark.parametrize(
    "text",
    [
        "",
        "happy",
        "[]",
        "{}",
        '{"weight": 1}',
        '{"valence": 2}',
        '{"valence": NaN}',
        '{"valence": "0.5"}',
        '{"valence": true}',
        '{"arousal": 0.1, "weight": -1}',
        '{"scores": {}}',
        '{"scores": {"sad": 0}}',
        '{"scores": {"sad": -0.1}}',
        '{"scores": {"nobody": 1}}',
        '{"scores": {"sad": 1}, "valence": 0}',
        '{"valence": 0, "mood": "sad"}',
        "[" * 500,
    ],
)
def test_anything_else_is_rejected_with_an_example(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="it takes"):
        parse_report("voice", text)


@given(st.text(max_size=60))
def test_no_text_does_harm(text: str) -> None:
    with contextlib.suppress(InvalidRequestError):
        parse_report("voice", text)


def test_what_is_not_configured_has_no_field() -> None:
    assert sense_fields(Capabilities()) == ()
    assert [f.key for f in sense_fields(Capabilities(senses=("voice",)))] == ["senses/voice"]
    assert "senses/voice" not in [f.key for f in setting_fields(Capabilities(senses=("voice",)))]


def test_the_noise_example_reports_while_it_stays_loud() -> None:
    page = (REPOSITORY / "docs" / "senses.md").read_text(encoding="utf-8")
    example = page.partition("**A noise meter")[2].partition("## ")[0]
    triggers, _, rest = example.partition("    conditions:\n")
    conditions, _, actions = rest.partition("    actions:\n")
    # The threshold alone triggers once, as it is crossed: the clock repeats it while the condition holds
    assert '- trigger: time_pattern\n        minutes: "/1"' in triggers
    assert "entity_id: sensor.living_room_noise\n        above: 65" in conditions
    (expires_s,) = re.findall(r"`expires_s = ([\d.]+)`", triggers)
    assert float(expires_s) > 60.0
    (payload,) = re.findall(r"payload: '(.*)'", actions)
    assert parse_report("noise", payload).weight == 0.5
