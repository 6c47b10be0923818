"""The end of the process in the midst of what it does."""


class KilledError(Exception):
    """The process ends here: nothing that would follow is done."""
