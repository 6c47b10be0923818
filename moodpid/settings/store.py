"""The settings that outlive a restart; what nobody changed follows the configuration."""

import logging
from itertools import islice
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from moodpid.requests import ChangeSetting
from moodpid.settings.fields import Capabilities, InvalidRequestError, setting_fields
from moodpid.state import Settings
from moodpid.system.json_file import JsonFile, Key, ShortText

# Numbers and switches, too, where a user has edited the file
MAX_KEPT: Final = 64
_Texts: TypeAlias = Annotated[dict[Key, ShortText | float | bool | None], Meta(max_length=MAX_KEPT)]

log = logging.getLogger(__name__)


class SettingsStore:
    """Keeps the settings that differ from the configuration, as the texts that were received.

    Args:
        file: Where they are kept.
        capabilities: What this installation can do.
        defaults: The settings of the configuration.
    """

    def __init__(self, file: JsonFile, capabilities: Capabilities, defaults: Settings) -> None:
        self._file = file
        self._fields = {field.key: field for field in setting_fields(capabilities) if field.format}
        self._defaults = defaults
        self._others: dict[str, str | float | bool | None] = {}  # kept in the file for when they count again

    def load(self) -> Settings:
        """Return the configuration's settings, overlaid with the kept ones that are still valid."""
        settings = self._defaults
        for key, text in (self._file.read(_Texts) or {}).items():
            field = self._fields.get(key)
            if field is None:  # from another version, or for a player that is switched off
                self._others[key] = text
                continue
            try:
                request = field.parse(str(text))
            except InvalidRequestError as error:
                log.warning("the kept setting %s = %r is dropped: %s", key, text, error)
                continue
            if isinstance(request, ChangeSetting):
                settings = request.applied(settings)
        return settings

    def save(self, settings: Settings) -> bool:
        """Write what differs from the configuration; return False to be retried, as `JsonFile.write` does."""
        now, usual = self._texts(settings), self._texts(self._defaults)
        changed = {key: text for key, text in now.items() if text != usual[key]}
        others = islice(self._others.items(), MAX_KEPT - len(self._fields))
        return self._file.write(dict(others) | changed)

    def _texts(self, settings: Settings) -> dict[str, str]:
        return {key: field.format(settings) for key, field in self._fields.items() if field.format}
