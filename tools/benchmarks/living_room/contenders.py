"""Ways to make one mood of many looks: the two usual ones, the filter of 0.1.0, and the present one."""

import math
from collections import Counter, deque
from collections.abc import Callable, Sequence

import numpy as np
from benchmarks.living_room.evenings import HOME, LOOKS_HZ, NOBODY, Evening, Faces, Ints

from moodpid.mood.emotion import AFFECT, EMOTIONS, Mood
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.room import RoomModel, RoomState
from moodpid.mood.senses import Sense, evidence_of_affect

MOODS = tuple(Mood)
# As long as the filters wait before a room is empty, so that all are compared by their moods
NOBODY_AFTER_LOOKS = 10 * LOOKS_HZ
SENSE = "sense"
SENSE_EVERY_S = 20
SENSE_SPREAD = 0.3
Numbers = tuple[float, ...]
Follow = Callable[[Sequence[Evening]], list[Ints]]
"""Reports the mood at each look of a household's evenings, one after the other."""


def in_a_row(n: int) -> Follow:
    """Return the usual way: a mood is reported once `n` looks in a row agree on it."""

    def follow(tops: Sequence[int]) -> list[int]:
        last, run, reported, away, reports = NOBODY, 0, NOBODY, 0, []
        for top in tops:
            away = 0 if top != NOBODY else away + 1
            if top != NOBODY:
                run = run + 1 if top == last else 1
                last = top
                reported = top if run >= n or reported == NOBODY else reported
            elif away >= NOBODY_AFTER_LOOKS:
                reported = NOBODY
            reports.append(reported)
        return reports

    return _of_tops(follow)


def majority(n: int) -> Follow:
    """Return the other usual way: what most of the last `n` looks at faces say."""

    def follow(tops: Sequence[int]) -> list[int]:
        window: deque[int] = deque(maxlen=n)
        reported, away, reports = NOBODY, 0, []
        for top in tops:
            away = 0 if top != NOBODY else away + 1
            if top != NOBODY:
                window.append(top)
                reported = Counter(window).most_common(1)[0][0]
            elif away >= NOBODY_AFTER_LOOKS:
                reported = NOBODY
                window.clear()
            reports.append(reported)
        return reports

    return _of_tops(follow)


def _of_tops(follow: Callable[[Sequence[int]], list[int]]) -> Follow:
    """Return a way that knows only the most probable emotion of the largest face."""

    def reports(evenings: Sequence[Evening]) -> list[Ints]:
        reported = []
        for evening in evenings:
            largest = evening.areas.argmax(axis=1)
            rows = np.arange(len(largest))
            tops = evening.scores[rows, largest].argmax(axis=1)
            seen = np.where(evening.areas.max(axis=1) > 0, tops, NOBODY)
            reported.append(np.array(follow(seen.tolist())))
        return reported

    return reports


def release_0_1_0(prior: Numbers) -> Follow:
    """Return the filter of 0.1.0 with its settings and the training's frequencies."""
    stay, remember, share = (1 / LOOKS_HZ / s for s in (60.0, 120.0, 1.0))
    stay, remember, share = math.exp(-stay), math.exp(-remember), 1 - math.exp(-share)
    leaks = np.array(prior)

    def follow(evening: Evening) -> Ints:
        areas = evening.areas.sum(axis=1)
        weights = evening.areas / np.where(areas > 0, areas, 1)[:, np.newaxis]
        likelihoods = np.log(np.maximum(evening.scores, 1e-3) / leaks)
        factors = np.exp(share * (weights[:, :, np.newaxis] * likelihoods).sum(axis=1))
        belief, presence, before = leaks, 0.0, False
        reported, since, reports = NOBODY, 0, np.full(len(areas), NOBODY)
        for look, seen in enumerate((areas > 0).tolist()):
            keeps = stay if seen else remember
            belief = keeps * belief + (1 - keeps) * leaks
            if seen:
                belief = belief * factors[look]
                belief = belief / belief.sum()
            if seen == before:
                step = 1 / LOOKS_HZ if seen else -1 / LOOKS_HZ / 10
                presence = min(1.0, max(0.0, presence + step))
            before, top, new = seen, int(belief.argmax()), reported
            if presence == 0:
                new = NOBODY
            elif reported == NOBODY:
                new = top if presence == 1 else NOBODY
            elif belief[top] >= 0.7 and look - since >= 8 * LOOKS_HZ:
                new = top
            if new != reported:
                reported, since = new, look
                if new == NOBODY:
                    belief = (belief + leaks) / 2
            reports[look] = reported
        return reports

    return lambda evenings: [follow(evening) for evening in evenings]


def moodpid(
    faces: Faces,
    prior: Numbers = HOME,
    *,
    learns: bool = False,
    resting: bool = True,
    sense: float | None = None,
) -> Follow:
    """Return the present filter, with its shipped settings.

    Args:
        faces: Their profile and the classifier's prior stand for the model's sidecar.
        prior: The frequencies that it begins with.
        learns: Whether these follow the room, from evening to evening.
        resting: Whether resting faces are learned.
        sense: How often another sense knows the mood; None without one.
    """
    settings = FilterSettings(prior=faces.training_prior)
    means = tuple(tuple(row) for row in faces.profile.tolist()) if resting else None

    def follow(evenings: Sequence[Evening]) -> list[Ints]:
        state, reported = RoomState(), []
        for evening in evenings:
            room = RoomModel(prior, means, learns=learns, state=state)
            mood_filter = MoodFilter(settings, room, {SENSE: Sense()})
            reported.append(_reports(mood_filter, evening, sense))
            state = room.state
        return reported

    return follow


def _reports(mood_filter: MoodFilter, evening: Evening, quality: float | None) -> Ints:
    """Return the reported moods; every `SENSE_EVERY_S` while somebody is there, the sense reports a point.

    The point is near the true mood in the share `quality` of the reports, else near any.
    """
    numbers = {mood: number for number, mood in enumerate(MOODS)}
    assert MOODS[:NOBODY] == tuple(Mood(e) for e in EMOTIONS)
    random, reports = np.random.default_rng(int(evening.truth.sum())), []
    for number, (look, truth) in enumerate(zip(evening.observations(), evening.truth.tolist(), strict=True)):
        if quality is not None and truth != NOBODY and number % (SENSE_EVERY_S * LOOKS_HZ) == 0:
            meant = truth if random.random() < quality else int(random.integers(NOBODY))
            valence, arousal = random.normal(AFFECT[MOODS[meant]], SENSE_SPREAD).clip(-1, 1).tolist()
            mood_filter.sense(SENSE, evidence_of_affect(valence, arousal), 1.0, look.at_s)
        reports.append(numbers[mood_filter.update(look).mood])
    return np.array(reports)
