"""The values that keys of the configuration may have: limited texts and numbers, and choices."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

# Three years: what is added to a time of day must stay one
Positive = Annotated[float, Meta(gt=0, le=1e8)]
Seconds = Annotated[float, Meta(ge=0, le=1e8)]
Port = Annotated[int, Meta(ge=1, le=65535)]
# \Z, not $: that would let a line end at the end pass, and with it another command to a server
_ONE_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
MAX_TEXT = 1000
Name = Annotated[
    str, Meta(min_length=1, max_length=MAX_TEXT, pattern=rf"^{_ONE_LINE}+\Z", description="one line of text")
]
OptionalName = Annotated[
    str, Meta(max_length=MAX_TEXT, pattern=rf"^{_ONE_LINE}*\Z", description="one line of text")
]
FilePath = Annotated[
    str,
    Meta(max_length=4096, pattern=rf"^{_ONE_LINE}*\Z", description="a path without control characters"),
]
Host = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        pattern=rf"^(?!.*://)(?![^/:]+:[0-9]+\Z)(?!\[)(?!.+@){_ONE_LINE}+\Z",
        description="a name or an address alone, without tcp:// before it and the port behind it",
    ),
]
# A broker hides topics that begin with $; an empty level ("//") is never meant. 200: MQTT allows 65,535 bytes
_TOPIC = r"(?!\$)(?!/\Z)(?!.*//)[^+#\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]"
_TOPIC_WORDS = "a topic without + and #, without // and without $ at its beginning"
TopicPart = Annotated[
    str,
    Meta(
        max_length=200,
        pattern=rf"^{_TOPIC}+\Z",
        description=_TOPIC_WORDS,
    ),
]
OptionalTopic = Annotated[
    str,
    Meta(
        max_length=200,
        pattern=rf"^{_TOPIC}*\Z",
        description=f"{_TOPIC_WORDS}, or nothing",
    ),
]
Identifier = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}\Z", description="small letters, digits, - and _, at most 63"),
]
NO_PIN = -1


class CameraSource(StrEnum):
    """Where frames come from."""

    PICAMERA2 = "picamera2"
    WEBCAM = "webcam"
    RECORDING = "recording"


class DetectorKind(StrEnum):
    """How faces are found."""

    HAAR = "haar"
    YUNET = "yunet"


class TransitionMode(StrEnum):
    """When the music changes after the mood did."""

    NEXT = "next"
    NOW = "now"
    QUEUE = "queue"


class Strategy(StrEnum):
    """Where the music leads."""

    MATCH = "match"
    LIFT = "lift"


class Sound(StrEnum):
    """What music can sound like: the moods of faces, and the pleasant rest that no face shows."""

    ANGRY = "angry"
    DISGUST = "disgust"
    FEAR = "fear"
    HAPPY = "happy"
    SAD = "sad"
    SURPRISE = "surprise"
    NEUTRAL = "neutral"
    CALM = "calm"


class AnalyseWhen(StrEnum):
    """When the timer may analyse the library."""

    OFF = "off"
    NIGHTLY = "nightly"
