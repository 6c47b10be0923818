"""The names of the topics, which automations rely on."""

from dataclasses import dataclass

from moodpid import config

ONLINE, OFFLINE = "online", "offline"
BIRTH = "homeassistant/status"  # Home Assistant's default, whatever its discovery prefix is


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one moodpid: its own below `<base_topic>/<id>`, and Home Assistant's.

    Attributes:
        root: What our own start with, without a slash at the end.
        discovery: Where Home Assistant reads what entities there are; JSON, retained.
        births: Where Home Assistant publishes `online` when it starts: its default, and below another prefix.
    """

    root: str
    discovery: str = ""
    births: tuple[str, ...] = ()

    @classmethod
    def of(cls, device: config.DeviceConfig, broker: config.MqttConfig) -> "Topics":
        """Return the topics of the configured device; no prefix means no Home Assistant."""
        root, prefix = f"{broker.base_topic}/{device.id}", broker.discovery_prefix
        if not prefix:
            return cls(root)
        births = tuple(dict.fromkeys((BIRTH, f"{prefix}/status")))
        return cls(root, f"{prefix}/device/moodpid_{device.id}/config", births)

    @property
    def status(self) -> str:
        """`online` or `offline`, retained; the broker publishes `offline` when the connection is lost."""
        return f"{self.root}/status"

    @property
    def mood(self) -> str:
        """The mood with its confidence, scores, faces and beginning; JSON, retained."""
        return f"{self.root}/mood"

    @property
    def attributes(self) -> str:
        """Confidence, scores and beginning of the mood once more, for Home Assistant; JSON, retained."""
        return f"{self.root}/mood/attributes"

    @property
    def affect(self) -> str:
        """Where the mood lies, as `valence` and `arousal` from -1 to 1; JSON, retained."""
        return f"{self.root}/affect"

    @property
    def song(self) -> str:
        """Where the song that plays lies, as `valence` and `arousal` from -1 to 1; JSON, retained."""
        return f"{self.root}/song"

    @property
    def occupancy(self) -> str:
        """Whether a person is in view: `ON` or `OFF`, retained."""
        return f"{self.root}/occupancy"

    @property
    def availability(self) -> str:
        """Whether `mood` and `occupancy` are current, each `online` or `offline`; JSON, retained."""
        return f"{self.root}/availability"

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
    def vitals(self) -> str:
        """Latency, observations per second, temperature, last error; JSON, retained."""
        return f"{self.root}/vitals"

    @property
    def presence(self) -> str:
        """Where instances with one id notice each other; JSON, never retained."""
        return f"{self.root}/presence"

    @property
    def doctor(self) -> str:
        """Where `moodpid doctor` sends itself messages; cleared when it ends."""
        return f"{self.root}/doctor"

    @property
    def forget(self) -> str:
        """Where `moodpid forget` sends itself messages; never retained."""
        return f"{self.root}/forget"

    @property
    def picture(self) -> str:
        """The last frame as JPEG, where the configuration asks for it; never retained."""
        return f"{self.root}/picture"

    def state(self, field: str) -> str:
        """Return the topic of a setting's present value; retained."""
        return f"{self.root}/{field}"

    def setter(self, field: str) -> str:
        """Return the topic of requests to set or press something; never retained."""
        return f"{self.root}/{field}/set"
