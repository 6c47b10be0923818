"""Which of two instances drives: the other one has to answer, and a name alone silences nobody."""

from moodpid.mpd.leader_election import PATIENCE_S, POLL_S, LeaderElection
from tests.support.fake_mpd import FakeMpd

EARLIER, LATER = f"moodpid_{1:020d}_{0:08x}", f"moodpid_{9:020d}_{0:08x}"


class Newcomer:
    """An instance that started at the time 5."""

    def __init__(self, *channels: str, answers: bool = False) -> None:
        self.mpd = FakeMpd({}, channels=list(channels), now_s=0.0)
        self.sent: list[tuple[str, str]] = []
        self.answers = answers
        self.mpd.on_message = self.on_message
        self.election = LeaderElection(5, 0)
        self.own = f"moodpid_{5:020d}_{0:08x}"
        self.election.announce(self.mpd.link, 0.0)

    def on_message(self, channel: str, text: str) -> None:
        self.sent.append((channel, text))
        if self.answers and text.startswith("who "):
            self.mpd.messages.append((text.removeprefix("who "), f"here {channel}"))

    def after(self, seconds: float) -> bool:
        self.election.update(self.mpd.link, seconds)
        return self.election.is_follower


def test_an_earlier_instance_that_answers_drives() -> None:
    newcomer = Newcomer(EARLIER, answers=True)
    assert newcomer.after(1.0)
    assert newcomer.after(PATIENCE_S + 1.0)


def test_an_earlier_name_that_does_not_answer_is_no_instance() -> None:
    newcomer = Newcomer(EARLIER)
    assert newcomer.after(1.0), "the other one has time to answer"
    assert newcomer.election.due_s <= PATIENCE_S
    assert not newcomer.after(PATIENCE_S + 1.0)


def test_an_instance_that_falls_silent_is_followed_no_longer() -> None:
    newcomer = Newcomer(EARLIER, answers=True)
    assert newcomer.after(1.0)
    newcomer.answers = False
    assert not [newcomer.after(n * POLL_S) for n in range(1, 6)][-1]


def test_an_instance_that_leaves_is_followed_no_longer() -> None:
    newcomer = Newcomer(EARLIER, answers=True)
    assert newcomer.after(1.0)
    newcomer.mpd.channels.clear()
    assert not newcomer.after(2.0)


def test_a_later_instance_is_answered_and_not_followed() -> None:
    newcomer = Newcomer()
    newcomer.mpd.channels.append(LATER)
    newcomer.mpd.messages.append((newcomer.own, f"who {LATER}"))
    assert not newcomer.after(1.0)
    assert newcomer.sent == [(LATER, f"here {newcomer.own}")]


def test_a_newcomer_whose_clock_is_behind_follows_who_drives() -> None:
    newcomer = Newcomer(LATER, answers=True)
    assert newcomer.after(1.0)
    assert newcomer.after(PATIENCE_S + 1.0)


def test_a_newcomer_whose_clock_is_behind_waits_for_nobody_else() -> None:
    newcomer = Newcomer(LATER)
    assert newcomer.after(1.0)
    assert not newcomer.after(PATIENCE_S + 1.0)


def test_an_instance_that_reconnects_keeps_its_name() -> None:
    newcomer = Newcomer()
    newcomer.mpd.channels.append(LATER)
    newcomer.election.announce(newcomer.mpd.link, 10.0)
    assert newcomer.own in newcomer.mpd.link.channels()


def test_a_name_that_nothing_can_follow_is_passed_over() -> None:
    newcomer = Newcomer(f"moodpid_{10**20 - 1}_{0:08x}", answers=True)
    assert newcomer.own in newcomer.mpd.link.channels()
    assert not newcomer.after(1.0)


def test_other_channels_and_messages_mean_nothing() -> None:
    newcomer = Newcomer("moodpid_0", "moodpid_!", "ratings")
    newcomer.mpd.messages += [(newcomer.own, "who moodpid_0"), (newcomer.own, ""), ("ratings", "here x")] * 50
    assert not newcomer.after(1.0)
    assert newcomer.sent == []
