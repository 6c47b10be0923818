"""What the home has set outlives a restart; what it never touched follows the configuration."""

import logging

from moodpid.settings.fields import InvalidRequestError, Capabilities, setting_fields
from moodpid.state import ChangeSetting, Settings
from moodpid.system.json_file import JsonFile

log = logging.getLogger(__name__)


class SettingsStore:
    """Keeps the settings that differ from the configuration's, as the texts that the home sent.

    Args:
        file: Where they are kept.
        offers: What this installation can do.
        defaults: What the configuration says.
    """

    def __init__(self, file: JsonFile, offers: Capabilities, defaults: Settings) -> None:
        self._file = file
        self._controls = {c.topic: c for c in setting_fields(offers) if c.format is not None}
        self._defaults = defaults

    def load(self) -> Settings:
        """The configuration's settings with those laid over them that were kept and are still valid."""
        settings = self._defaults
        for name, text in self._file.read().items():
            control = self._controls.get(name)
            if control is None:
                continue  # from another version, or for a player that is no longer there
            try:
                request = control.parse(str(text))
            except InvalidRequestError as error:
                log.warning("the kept setting %s = %r is dropped: %s", name, text, error)
                continue
            if isinstance(request, ChangeSetting):
                settings = request.applied(settings)
        return settings

    def save(self, settings: Settings) -> bool:
        """Write down what differs from the configuration; whether that is done, as `JsonFile.write` says."""
        now = {name: c.format(settings) for name, c in self._controls.items() if c.format}
        usual = {name: c.format(self._defaults) for name, c in self._controls.items() if c.format}
        return self._file.write({name: text for name, text in now.items() if text != usual[name]})
