"""The discovery message for Home Assistant, and the removal of entities that an older version left."""

from typing import Any

from moodpid import config
from moodpid.mqtt import homeassistant, payloads
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields


class Discovery:
    """What stands on the discovery topic, now and before.

    Args:
        device: The device's id and name.
        topics: The device's topics; without a discovery topic nothing is published.
        capabilities: What this installation can do.

    Attributes:
        payload: The message; empty without Home Assistant.
    """

    def __init__(self, device: config.DeviceConfig, topics: Topics, capabilities: Capabilities) -> None:
        self._now: dict[str, Any] = {}
        if topics.discovery:
            self._now = homeassistant.discovery(
                device,
                topics,
                setting_fields(capabilities),
                picture=capabilities.picture,
                page_url=capabilities.page_url,
            )
        self._before = b""
        self.payload = payloads.as_json(self._now) if self._now else ""

    def on_seen(self, payload: bytes) -> None:
        """Take in what stands on the topic."""
        self._before = payload

    def removal(self) -> str:
        """Return the message, to be sent first, that removes entities of an older version; empty for none."""
        before, self._before = payloads.parse_object(self._before), b""
        removal = homeassistant.removal(before, self._now) if before else None
        return payloads.as_json(removal) if removal else ""
