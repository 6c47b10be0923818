"""The time limits and pauses of this room; tests pass shorter ones."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timings:
    """Time limits and pauses, in seconds.

    Attributes:
        answer_limit_s: How long the broker may take to answer CONNECT.
        first_retry_s, longest_retry_s: Pauses while the broker cannot be reached, refuses the password, or
            ends every session at once. Some refuse every password for minutes while they start, and are found
            soon after that; the price is a few lines a minute in their log where one is wrong for good.
        stable_s: A session that lasted this long makes earlier failures forgotten.
        listen_s: How long a newcomer waits for the answer of another instance with its id; one answer of too
            many comes up to a second late. One that has stood aside waits `longest_retry_s` longer.
        ask_again_s: How often an instance that stands aside asks again.
        birth_delay_s: The range of the pause before everything is published again for Home Assistant.
        republish_s: Everything is published again at most this often.
        repair_s: A topic that others overwrite is put right at most this often.
    """

    answer_limit_s: float = 10.0
    first_retry_s: float = 1.0
    longest_retry_s: float = 10.0
    stable_s: float = 20.0
    listen_s: float = 1.5
    ask_again_s: float = 60.0
    birth_delay_s: tuple[float, float] = (0.2, 3.0)
    republish_s: float = 10.0
    repair_s: float = 4.0
