"""State for the pages that are open: each gets the parts that changed since its last message."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from moodpid.channels import SharedValue
from moodpid.state import ViewLevel
from moodpid.web.state_json import FRAME, message

MAX_PAGES = 24
_FULL = "too many pages are open: close one"
_KEPT_PICTURES = 3  # a page asks for the one that its last message names


class TooManyPagesError(Exception):
    """No more pages can be served at once."""


class Subscription:
    """One open page. A page that reads slowly gets fewer messages, never old ones."""

    def __init__(self, level: ViewLevel, known: Mapping[str, bytes]) -> None:
        self.level = level
        self._known = known
        self._sent: dict[str, bytes] = {}
        self._changed = asyncio.Event()
        self._changed.set()

    def update(self, known: Mapping[str, bytes]) -> None:
        """Replace what there is to send."""
        self._known = known
        self._changed.set()

    async def next_message(self) -> bytes:
        """Wait until something has changed; return the changed parts as one JSON object."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            changed = {
                name: part
                for name, part in self._known.items()
                if self._sent.get(name) != part and (name != FRAME or self.level > ViewLevel.NOTHING)
            }
            if changed:
                self._sent.update(changed)
                return message(changed)


class Feed:
    """All open pages, and what the main loop should provide for them.

    Args:
        view_level: Where the main loop reads what the pages want of each frame.
    """

    def __init__(self, view_level: SharedValue[ViewLevel]) -> None:
        self._view_level = view_level
        self._subscriptions: set[Subscription] = set()
        self._make: Callable[[], dict[str, bytes]] = dict
        self._pictures: OrderedDict[int, bytes] = OrderedDict()

    @property
    def pages(self) -> int:
        """How many pages are open."""
        return len(self._subscriptions)

    @property
    def problem(self) -> str:
        """Why no other page can be served, empty while one can."""
        return _FULL if self.pages >= MAX_PAGES else ""

    def publish(self, make: Callable[[], dict[str, bytes]]) -> None:
        """Send the parts that changed to all pages; while none is open they are not even made."""
        self._make = make
        if self._subscriptions:
            known = make()
            for subscription in self._subscriptions:
                subscription.update(known)

    def part(self, name: str) -> Any:  # noqa: ANN401 - JSON may hold anything
        """Return a part of the present state, as the pages get it; None before the first state."""
        part = self._make().get(name)
        return part and msgspec.json.decode(part)

    def keep_picture(self, number: int, picture: bytes) -> None:
        """Keep the picture of a frame for the pages that will ask for it."""
        self._pictures[number] = picture
        while len(self._pictures) > _KEPT_PICTURES:
            self._pictures.popitem(last=False)

    def picture(self, number: int) -> bytes | None:
        """Return the picture of a frame, or the newest where that one is gone; None where there is none."""
        if number in self._pictures:
            return self._pictures[number]
        return next(reversed(self._pictures.values()), None)

    def forget_pictures(self) -> None:
        """Keep no picture of the past."""
        self._pictures.clear()

    @contextmanager
    def subscribe(self, level: ViewLevel) -> Iterator[Subscription]:
        """Serve one page.

        Raises:
            TooManyPagesError: There are `MAX_PAGES` already.
        """
        if self.problem:
            raise TooManyPagesError(self.problem)
        known = self._make()
        if self._view_level.get() is ViewLevel.NOTHING:
            known.pop(FRAME, None)  # an old one, whose picture is gone
        subscription = Subscription(level, known)
        self._subscriptions.add(subscription)
        self._update_level()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            self._update_level()

    def _update_level(self) -> None:
        level = max((one.level for one in self._subscriptions), default=ViewLevel.NOTHING)
        self._view_level.set(level)
        if level is ViewLevel.NOTHING:
            self.forget_pictures()
