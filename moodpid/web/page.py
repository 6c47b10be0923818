"""Builds the page from what it is to know: the publisher with its application, key and rules."""

from dataclasses import dataclass
from typing import Any

import moodpid
from moodpid import config
from moodpid.channels import SharedValue
from moodpid.errors import ConfigError
from moodpid.mood.emotion import AFFECT, Mood
from moodpid.requests import Post
from moodpid.settings.fields import SettingField
from moodpid.state import ViewLevel
from moodpid.web.access import AccessRules, own_names
from moodpid.web.api import Api
from moodpid.web.application import build_application
from moodpid.web.authentication import Authenticator
from moodpid.web.backend import PageBackend
from moodpid.web.connections import Connections
from moodpid.web.day import DayLog
from moodpid.web.feed import Feed
from moodpid.web.key_file import KeyFile
from moodpid.web.listen_address import PageAddress
from moodpid.web.publisher import WebPublisher
from moodpid.web.state_json import describe_field


@dataclass(frozen=True, slots=True)
class PageParts:
    """What the page needs of its surroundings.

    Attributes:
        fields: What can be set and pressed.
        post: Where requests go.
        backend: Answers that take a while.
        view_level: Where the main loop reads what the pages want of each frame.
        key_file: Of this installation, for sessions and links.
        links: Whether `moodpid web` can know the key.
        password: Of the page, empty for none.
        hostname: Of this machine.
    """

    fields: tuple[SettingField, ...]
    post: Post
    backend: PageBackend
    view_level: SharedValue[ViewLevel]
    key_file: KeyFile
    links: bool
    password: str
    hostname: str


def build_page(settings: config.Config, parts: PageParts) -> WebPublisher:
    """Return the publisher, listening but not yet serving.

    Raises:
        ConfigError: The port is taken, or no user could sign in.
    """
    page = settings.web
    address = PageAddress.of(page, parts.hostname)
    # A proxy need not say that it is one
    protected = bool(parts.password) or address.reachable
    if protected and not (parts.password or parts.links):
        where = f"public_url {page.public_url}" if page.public_url else f"host {page.host}"
        raise ConfigError(
            f"[web] {where} can be reached from other machines and there is no password: write one"
            " to /etc/moodpid/web-password, or name its file with password_file"
        )
    feed, day = Feed(parts.view_level), DayLog()
    sign_in = Authenticator(parts.key_file, parts.password, protected=protected)
    rules = AccessRules(own_names(page.host, page.public_url, parts.hostname), page.public_url, protected)

    fields, post, backend = parts.fields, parts.post, parts.backend  # so that nothing keeps the password

    def make_application(connections: Connections) -> Any:  # noqa: ANN401 - aiohttp's, not imported here
        api = Api(
            about=_about(settings, fields),
            fields=fields,
            post=post,
            feed=feed,
            day=day,
            backend=backend,
            sign_in=sign_in,
            port=page.port,
            cookie_path=f"{page.base_path}/",
            secure=page.public_url.startswith("https:"),
            proxied=bool(page.public_url),
        )
        return build_application(api, rules, page.base_path, connections)

    return WebPublisher(address, fields=fields, feed=feed, day=day, make_application=make_application)


def _about(settings: config.Config, fields: tuple[SettingField, ...]) -> dict[str, Any]:
    camera = settings.camera
    return {
        "name": settings.device.name,
        "version": moodpid.__version__,
        "moods": {mood: [*AFFECT[mood]] for mood in Mood},
        "fields": [describe_field(field) for field in fields],
        "music": settings.player.enabled,
        "picture": settings.web.picture,
        "min_face_px": settings.vision.min_face_px,
        "camera": {"rotation": camera.rotation, "hflip": camera.hflip, "vflip": camera.vflip},
    }
