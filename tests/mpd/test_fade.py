"""The volume stays the user's, whatever the mixer makes of it."""

from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mpd.fade import TOLERANCE, Fader
from moodpid.mpd.protocol import MpdGoneError, PlayState, Status
from tests.support.fake_connection import FakeConnection
from tests.support.fake_mpd import FakeMpd, Options
from tests.support.killed import KilledError


@dataclass
class CoarseOptions(Options):
    """A mixer with fewer steps than per cents: it reports another volume than was set."""

    steps: int = 127

    def __setattr__(self, name: str, value: object) -> None:
        if name == "volume" and isinstance(value, int) and hasattr(self, "steps"):
            value = value * self.steps // 100 * 100 // self.steps
        super().__setattr__(name, value)


@dataclass
class Mixer:
    """An MPD with a coarse mixer, and what it was set to while a song was left."""

    steps: int
    volume: int
    at_the_end: list[int] = field(default_factory=list)
    song_id: int = field(init=False)

    def __post_init__(self) -> None:
        self.mpd = FakeMpd({})
        self.mpd.options = CoarseOptions(steps=self.steps, volume=self.volume)
        self.mpd.add("user/0")
        self.mpd.play(0)
        self.song_id = self.mpd.queue[0].id

    def leave_song(self, fader: Fader) -> None:
        fader.fade_out(self.mpd.link, self.song_id, lambda: self.at_the_end.append(self.mpd.options.volume))


@given(steps=st.integers(20, 200), volume=st.integers(1, 100))
def test_ten_fades_leave_the_volume_as_it_was(steps: int, volume: int) -> None:
    mixer = Mixer(steps, volume)
    mixer.mpd.options.volume = volume
    before = mixer.mpd.options.volume
    fader = Fader(sleep=lambda _: False)
    for _ in range(10):
        mixer.leave_song(fader)
    assert abs(mixer.mpd.options.volume - before) <= TOLERANCE
    assert mixer.at_the_end == [0] * 10 or before < 100 / steps + TOLERANCE
    assert fader.volume_to_restore is None


def test_a_volume_that_a_user_clearly_moved_stays() -> None:
    mixer = Mixer(100, 80)

    def moved(_: float) -> bool:
        if mixer.mpd.options.volume < 50:
            mixer.mpd.options.volume = 95
        return False

    mixer.leave_song(Fader(sleep=moved))
    assert mixer.mpd.options.volume == 95


def test_a_cancelled_fade_restores_the_volume_and_the_song() -> None:
    mixer = Mixer(32, 68)
    before = mixer.mpd.options.volume
    mixer.leave_song(Fader(sleep=lambda _: True))
    assert abs(mixer.mpd.options.volume - before) <= TOLERANCE
    assert mixer.at_the_end == []


def test_without_volume_the_song_is_left_at_once() -> None:
    mixer = Mixer(100, 0)
    mixer.leave_song(Fader(sleep=lambda _: pytest.fail("nothing fades")))
    assert mixer.at_the_end == [0]


def test_a_mixer_that_reports_late_keeps_the_volume() -> None:
    mixer = Mixer(100, 80)
    mixer.mpd.options = Options(volume=80)
    late = LateConnection(mixer.mpd)
    fader = Fader(sleep=lambda _: False)
    for _ in range(10):
        fader.fade_out(late, mixer.song_id, lambda: None)
        late.status()
    assert mixer.mpd.options.volume == 80


class LateConnection(FakeConnection):
    """A mixer that reports the volume of the look before."""

    def __init__(self, server: FakeMpd) -> None:
        super().__init__(server)
        self._last = server.options.volume

    def status(self) -> Status:
        status = super().status()
        last, self._last = self._last, status.volume or 0
        return replace(status, volume=last)


@pytest.mark.parametrize("below", [50, 1])
@pytest.mark.parametrize("action", ["pause", "stop", "choice"])
def test_what_a_user_does_during_a_fade_counts(action: str, below: int) -> None:
    mixer = Mixer(100, 80)
    before = mixer.mpd.options.volume
    for number in (1, 2):
        mixer.mpd.add(f"user/{number}")

    def user(_: float) -> bool:
        if mixer.mpd.options.volume < below and mixer.mpd.playing() == "user/0":
            match action:
                case "pause":
                    mixer.mpd.pause()
                case "stop":
                    mixer.mpd.stop()
                case "choice":
                    mixer.mpd.play(2)
        return False

    mixer.leave_song(Fader(sleep=user))
    assert mixer.at_the_end == []
    assert mixer.mpd.options.volume == before


@pytest.mark.parametrize("volume", [0, 80])
@pytest.mark.parametrize("action", ["pause", "stop", "next"])
def test_what_a_user_does_just_before_a_fade_counts(action: str, volume: int) -> None:
    mixer = Mixer(100, volume)
    mixer.mpd.add("user/1")
    getattr(mixer.mpd, action)()
    mixer.leave_song(Fader(sleep=lambda _: pytest.fail("nothing fades")))
    assert mixer.at_the_end == []


def test_a_connection_lost_in_a_fade_is_reported() -> None:
    mixer = Mixer(100, 80)
    before, fader = mixer.mpd.options.volume, Fader(sleep=lambda _: False)

    def play() -> None:
        mixer.mpd.unreachable = True
        raise MpdGoneError("MPD takes too long")

    with pytest.raises(MpdGoneError, match="takes too long"):
        fader.fade_out(mixer.mpd.link, mixer.song_id, play)
    assert fader.volume_to_restore == before


class MutedConnection(FakeConnection):
    """A mixer that reports no volume while nothing plays."""

    def status(self) -> Status:
        status = super().status()
        return status if status.state is PlayState.PLAY else replace(status, volume=None)

    def set_volume(self, volume: int) -> None:
        if super().status().state is PlayState.PLAY:
            super().set_volume(volume)


def test_a_volume_unknown_after_a_stop_is_restored_later() -> None:
    mpd = FakeMpd({})
    mpd.add("user/0")
    mpd.play(0)
    before, muted = mpd.options.volume, MutedConnection(mpd)

    def stop(_: float) -> bool:
        if mpd.options.volume < before / 2:
            mpd.stop()
        return False

    fader = Fader(sleep=stop)
    assert not fader.fade_out(muted, mpd.queue[0].id, lambda: None)
    assert fader.volume_to_restore == before
    mpd.play(0)
    fader.restore(muted)
    assert mpd.options.volume == before
    fader.restore(muted)  # nothing is left to restore
    assert mpd.options.volume == before


def test_a_fade_takes_as_long_as_the_documentation_says() -> None:
    slept: list[float] = []
    Mixer(100, 80).leave_song(Fader(sleep=slept.append))
    assert sum(slept) == pytest.approx(1.2)


def test_steps_that_are_only_guessed_are_not_kept() -> None:
    fader = Fader(volume_to_restore=80)  # as from a file of version 0.1.0
    assert fader.own_volumes == frozenset()
    assert Fader(volume_to_restore=80, own_volumes=[40, 50]).own_volumes == {40, 50}


class KillingConnection(FakeConnection):
    """The process is killed at the command that sets the volume for the n-th time: before it, or behind."""

    def __init__(self, server: FakeMpd, number: int, *, behind: bool) -> None:
        super().__init__(server)
        self._number, self._behind = number, behind

    def set_volume(self, volume: int) -> None:
        self._number -= 1
        if self._number == 0 and not self._behind:
            raise KilledError
        super().set_volume(volume)
        if self._number == 0:
            raise KilledError


@given(
    steps=st.integers(32, 200),
    volume=st.integers(1, 100),
    number=st.integers(1, 8),
    behind=st.booleans(),
    at_a_sleep=st.booleans(),
)
def test_a_fade_killed_at_any_point_is_restored(
    steps: int, volume: int, number: int, behind: bool, at_a_sleep: bool
) -> None:
    mixer = Mixer(steps, volume)
    mixer.mpd.options.volume = volume
    before = mixer.mpd.options.volume
    slept: list[float] = []
    kept: list[tuple[int | None, frozenset[int]]] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if at_a_sleep and len(slept) == number:
            raise KilledError

    fader = Fader(sleep, lambda: kept.append((fader.volume_to_restore, fader.own_volumes)))
    link = mixer.mpd.link if at_a_sleep else KillingConnection(mixer.mpd, number, behind=behind)
    with suppress(KilledError):  # no volume, no fade
        fader.fade_out(link, mixer.song_id, lambda: None)
    to_restore, own = kept[-1] if kept else (None, frozenset())
    again = Fader(volume_to_restore=to_restore, own_volumes=own)
    again.restore(mixer.mpd.link)
    assert abs(mixer.mpd.options.volume - before) <= TOLERANCE


def test_a_fade_keeps_its_volume_once_a_step() -> None:
    mixer = Mixer(100, 80)
    mixer.mpd.options = Options(volume=80)
    kept: list[frozenset[int]] = []
    fader = Fader(lambda _: False, lambda: kept.append(fader.own_volumes))
    mixer.leave_song(fader)
    assert kept == [frozenset([step + 10, step]) for step in range(70, -10, -10)] + [frozenset()]
