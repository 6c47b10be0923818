"""The names of the topics below `<base_topic>/<id>/`, which automations rely on."""

from dataclasses import dataclass

from moodpid import config

ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one moodpid.

    Attributes:
        root: What all of them start with, without a slash at the end.
    """

    root: str

    @classmethod
    def of(cls, device: config.Device, broker: config.Mqtt) -> "Topics":
        """The topics of the device that the configuration describes."""
        return cls(f"{broker.base_topic}/{device.id}")

    @property
    def status(self) -> str:
        """`online` or `offline`, retained; the broker itself says `offline` when we are lost."""
        return f"{self.root}/status"

    @property
    def mood(self) -> str:
        """The mood with its confidence, scores, faces and beginning; JSON, retained."""
        return f"{self.root}/mood"

    @property
    def event(self) -> str:
        """What happens at one moment; JSON, never retained."""
        return f"{self.root}/event"

    @property
    def camera(self) -> str:
        """What the camera is doing; JSON with a `state`, retained."""
        return f"{self.root}/camera"

    @property
    def player(self) -> str:
        """What the player is doing; JSON with a `state`, retained."""
        return f"{self.root}/player"

    @property
    def enabled(self) -> str:
        """Whether we watch: `ON` or `OFF`, retained."""
        return f"{self.root}/enabled"

    @staticmethod
    def setter(topic: str) -> str:
        """Where messages that want to change the state at `topic` are heard."""
        return f"{topic}/set"
