"""What the home has set outlives a restart; what it never touched follows the configuration."""

import logging

from moodpid.settings.fields import CommandError, Offers, controls
from moodpid.state import Adjust, Settings
from moodpid.system.json_file import JsonFile

log = logging.getLogger(__name__)


class Keeper:
    """Keeps the settings that differ from the configuration's, as the texts that the home sent.

    Args:
        file: Where they are kept.
        offers: What this installation can do.
        defaults: What the configuration says.
    """

    def __init__(self, file: JsonFile, offers: Offers, defaults: Settings) -> None:
        self._file = file
        self._controls = {c.topic: c for c in controls(offers) if c.state is not None}
        self._defaults = defaults

    def load(self) -> Settings:
        """The configuration's settings with those laid over them that were kept and are still valid."""
        settings = self._defaults
        for name, text in self._file.read().items():
            control = self._controls.get(name)
            if control is None:
                continue  # from another version, or for a player that is no longer there
            try:
                request = control.read(str(text))
            except CommandError as error:
                log.warning("the kept setting %s = %r is dropped: %s", name, text, error)
                continue
            if isinstance(request, Adjust):
                settings = request.applied(settings)
        return settings

    def keep(self, settings: Settings) -> bool:
        """Write down what differs from the configuration; whether that is done, as `JsonFile.write` says."""
        now = {name: c.state(settings) for name, c in self._controls.items() if c.state}
        usual = {name: c.state(self._defaults) for name, c in self._controls.items() if c.state}
        return self._file.write({name: text for name, text in now.items() if text != usual[name]})
