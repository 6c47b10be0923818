"""What comes and goes is retried at growing pauses and logged once; what lasts resets it."""

from random import Random

from moodpid.mpd.reconnect_delay import FIRST_DELAY_S, MAX_DELAY_S, STABLE_S, ReconnectDelay

GONE = "gone"


def weather() -> ReconnectDelay:
    return ReconnectDelay(Random(1))  # noqa: S311 - no secret


def pauses(sky: ReconnectDelay, count: int) -> list[float]:
    return [sky.pause_s() for _ in range(count)]


def test_pauses_grow_to_a_limit_and_are_never_none() -> None:
    limits = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    for pause_s, limit_s in zip(pauses(weather(), 8), limits, strict=True):
        assert limit_s / 2 <= pause_s <= limit_s


def test_there_gone_and_there_again_are_all_logged() -> None:
    sky = weather()
    assert sky.on_connected(0.0)
    assert sky.on_lost(GONE, 100.0)
    assert not sky.on_lost(GONE, 101.0)
    assert sky.on_lost("refused", 102.0)
    assert sky.on_connected(103.0)


def test_a_connection_dropped_at_once_does_not_shorten_delays() -> None:
    sky = weather()
    for second in range(6):
        sky.on_connected(second)
        sky.on_lost(GONE, second)
        pause_s = sky.pause_s()
    assert pause_s > MAX_DELAY_S / 4


def test_one_that_lasts_does() -> None:
    sky = weather()
    pauses(sky, 8)
    sky.on_connected(0.0)
    sky.on_lost(GONE, STABLE_S)
    assert sky.pause_s() <= FIRST_DELAY_S


def test_flapping_is_logged_once_and_stability_once() -> None:
    sky = weather()
    news = [(sky.on_connected(second), sky.on_lost(GONE, second + 0.5)) for second in range(9)]
    assert news == [(True, True), (True, True)] + [(False, False)] * 7
    assert sky.flapping
    assert not sky.on_lost(GONE, 20.0)  # nor is it news that it cannot be reached at all
    assert not sky.on_connected(30.0)
    assert not sky.confirm_stable(30.0 + STABLE_S / 2)
    assert sky.stable_at_s == 30.0 + STABLE_S
    assert sky.confirm_stable(30.0 + STABLE_S)
    assert not sky.confirm_stable(31.0 + STABLE_S)
    assert sky.on_lost(GONE, 32.0 + STABLE_S)
