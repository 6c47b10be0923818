"""The recipes: all that decides what a training run comes to, apart from the data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import augment

PREVIOUS = "previous"  # what a recipe starts from: the model of `--previous`


@dataclass(frozen=True)
class Recipe:
    """The numbers of a run; what has no unit is a share of 1."""

    network: str = "medium"
    start: str = ""  # fresh weights; PREVIOUS, or the folder in the run whose weights it begins with
    epochs: int = 145
    seed: int = 1
    batch: int = 256
    enlarged: int = 0  # side in pixels that the network enlarges pictures to; 0: as they are
    kernel_rate: float = 0.012  # at its peak, of Muon on the convolutions' kernels
    rate: float = 0.1  # at its peak, of Nesterov momentum on all else
    warm_up: float = 0.05  # share of the run
    weight_decay: float = 0.1  # decoupled, on kernels only
    average: float = 0.998  # decay of the moving average of the weights, a step
    alike: float = 0.0  # last share of the run, at one rate, whose weights count alike in the average
    dropout: float = 0.1
    votes_share: float = 0.0  # of P(label | FER+ votes) in the target
    votes_until: float = 1.0  # up to this share of the run; FER2013's own label alone afterwards
    votes_head: float = 0.3  # weight of the second head's loss
    mixup: float = 0.08  # share of pictures
    mixup_alpha: float = 0.3
    plain_end: float = 0.2  # last share of the run, without mixup and on faces varied more plainly
    mirror_from: float = 0.6  # from this share of the run on it learns from its own average, too
    mirror_share: float = 0.5  # of what its average says of the mirror image, in the target then
    teacher_share: float = 0.9  # of an ensemble's stored answers in the target, where there are any
    voted_answers: bool = False  # FER+'s votes have a share in the stored answers
    views: int = 20  # of the stored views, the first ones; those of two faces only with a teacher_share of 1
    turned: float = 0.0  # share of stored views that are turned by up to `augment.MOST_TURNED` more
    nudged_px: int = 0  # by which stored views are moved at most; their light then changes a little, too
    balance: float = 0.0  # power of 1 / class frequency by which faces are drawn: 1 shows all classes alike
    fold: int = 0  # of `folds`: the faces that the run leaves out
    folds: int = 0  # 0: none is left out
    sides: tuple[tuple[float, int], ...] = ((0.3, 40), (1.0, 48))
    strength: augment.Strength = field(default_factory=augment.Strength)


# Teachers; each leaves another share of the faces out, and answers best for those
_SCRATCH = Recipe(epochs=150, dropout=0.25, mixup=0.3, sides=((1.0, 48),))
# In mirrored pairs they learn faster, and the labels alone by heart
_PAIRED = replace(_SCRATCH, mixup=0.4, votes_share=0.4, votes_until=0.64)
_MEMBERS = {
    "plain": replace(_SCRATCH, network="plain", seed=17),
    "fine": replace(_SCRATCH, network="fine", enlarged=64, seed=15),
    "gated": replace(_SCRATCH, network="gated", seed=13),
    "broad_equivariant": replace(_PAIRED, network="broad_equivariant", epochs=110, seed=18),
    "plain_half": replace(_SCRATCH, network="plain_half", epochs=90, plain_end=0.1, seed=11),
    "broad": replace(
        _SCRATCH, network="broad", epochs=110, mixup=0.2, votes_share=0.4, votes_until=70 / 110, seed=19
    ),
    "fine_equivariant": replace(_PAIRED, network="fine_equivariant", epochs=75, seed=16),
}
# With FER+'s votes to the end, on all faces; they learn from their own average, too
_VOTED = Recipe(epochs=110, dropout=0.15, mixup=0.15, votes_share=0.4)
_BROAD_VOTED = replace(
    _VOTED,
    network="broad_equivariant",
    epochs=100,
    dropout=0.25,
    mixup=0.4,
    plain_end=0.1,
    seed=62,
    sides=((1.0, 48),),
)
_VOTED_MEMBERS = {
    "equivariant_voted": replace(_VOTED, network="equivariant", seed=61),
    "broad_equivariant_voted": _BROAD_VOTED,
    # Goes on from there at a rate that stays, and ends amid all that it was on its way
    "broad_amid": replace(
        _BROAD_VOTED,
        start="members/broad_equivariant_voted",
        epochs=60,
        kernel_rate=0.002,
        rate=0.017,
        warm_up=0.02,
        alike=0.85,
        seed=63,
    ),
}
# An earlier model that the labels alone tune for a while: a student's network, which a student can begin with
_TUNED = Recipe(
    epochs=10,
    start=PREVIOUS,
    kernel_rate=0.0014,
    rate=0.012,
    warm_up=0.02,
    dropout=0.0,
    plain_end=0.5,
    mirror_from=0.0,
    seed=31,
    sides=((1.0, 48),),
)
_FOLDED = {
    name: replace(recipe, fold=fold, folds=len(_MEMBERS))
    for fold, (name, recipe) in enumerate(_MEMBERS.items())
}
MEMBERS = _FOLDED | _VOTED_MEMBERS | {"tuned": _TUNED}

_STUDENT = Recipe(
    epochs=400,
    batch=512,
    kernel_rate=0.012,
    average=0.9995,
    dropout=0.0,
    mixup=0.0,
    plain_end=0.0,
    mirror_from=1.0,
    votes_head=0.1,
    turned=0.2,
    balance=0.3,
    sides=((1.0, 48),),
)
_STUDENT_TUNED = replace(
    _STUDENT,
    start="members/tuned",
    epochs=90,
    batch=256,
    kernel_rate=0.0042,
    rate=0.035,
    warm_up=0.02,
    average=0.998,
    teacher_share=0.85,
    balance=0.0,
    seed=41,
)
# A student that goes on from another
_AGAIN = replace(_STUDENT_TUNED, kernel_rate=0.006, rate=0.05)
# One that goes on from an earlier model's file, which knows the stored views by heart
_NUDGED = replace(
    _STUDENT_TUNED,
    network="equivariant",
    start=PREVIOUS,
    kernel_rate=0.0024,
    rate=0.02,
    turned=0.4,
    nudged_px=1,
)
# One that goes on from a student whose teachers have become better since
_TAUGHT_AGAIN = replace(_NUDGED, start="students/equivariant_amid_again", teacher_share=0.9, plain_end=0.6)
# Nothing but its teachers' answers, to two faces in one as well
_MATCHED = replace(_NUDGED, teacher_share=1.0, votes_head=0.02, views=40)
STUDENTS = {
    "tuned": _STUDENT_TUNED,
    "equivariant": replace(
        _STUDENT, network="equivariant", epochs=85, batch=256, average=0.998, balance=0.0, seed=43
    ),
    "equivariant_again": replace(
        _AGAIN,
        network="equivariant",
        start="students/equivariant",
        epochs=180,
        turned=0.3,
        plain_end=0.35,
        seed=44,
    ),
    "equivariant_narrow": replace(
        _AGAIN,
        network="equivariant_narrow",
        start="students/equivariant_again",
        epochs=240,
        turned=0.4,
        plain_end=0.25,
        seed=45,
    ),
    # Goes on from the file of `equivariant_again`
    "equivariant_nudged": replace(_NUDGED, epochs=52, teacher_share=0.7, plain_end=0.25, seed=46),
    # Goes on from the file of `equivariant_nudged`
    "equivariant_matched": replace(_MATCHED, epochs=36, seed=92),
    # The same for long: what it misses of its teachers, it misses of faces that it has learned, too
    "equivariant_patient": replace(
        _MATCHED, epochs=200, kernel_rate=_AGAIN.kernel_rate, rate=_AGAIN.rate, seed=93
    ),
    # Goes on from the same file, and ends amid all that it was on its way
    "equivariant_amid": replace(
        _NUDGED, epochs=100, kernel_rate=0.004, rate=0.033, alike=0.65, plain_end=0.4, seed=94
    ),
    # Goes on from there
    "equivariant_amid_again": replace(
        _NUDGED,
        start="students/equivariant_amid",
        epochs=200,
        kernel_rate=0.0018,
        rate=0.015,
        teacher_share=0.9,
        alike=0.9,
        plain_end=0.7,
        seed=95,
    ),
    # Taught by an ensemble with `broad_amid`
    "equivariant_taught_again": replace(_TAUGHT_AGAIN, epochs=80, alike=0.8, seed=99),
    # By people's votes beside it, too
    "equivariant_votes": replace(_TAUGHT_AGAIN, epochs=110, voted_answers=True, alike=0.75, seed=98),
} | {
    name: replace(_STUDENT, network=name, seed=seed)
    for seed, name in enumerate(("medium", "aligned", "compact"), start=21)
}

# By the folder of the run that they are kept in
RECIPES = {"members": MEMBERS, "students": STUDENTS}


def previous_network(recipe: Recipe) -> str:
    """Return the network of the earlier model's file that a recipe, or what it begins with, starts from.

    Empty where it starts from none.
    """
    kind, _, name = recipe.start.partition("/")
    if not name:
        return recipe.network if recipe.start == PREVIOUS else ""
    return previous_network(RECIPES[kind][name])


def rate_at(recipe: Recipe, progress: float) -> float:
    """Return the learning rates' share of their peak at a share of the run, both 0 to 1.

    A linear rise, then a parabola: a kernel turns by sqrt(2 * rate * decay) a step once its norm has
    settled (van Laarhoven, 2017), five times as far at Muon's peak as with the usual SGD, so most of
    the run has to be spent well below the peak. Where weights count alike the rate stays as it is.
    """
    if progress < recipe.warm_up:
        return 0.05 + 0.95 * progress / recipe.warm_up
    left = (1.0 - min(progress, 1.0 - recipe.alike)) / (1.0 - recipe.warm_up)
    return max(1e-4, left * left)


def side_at(recipe: Recipe, progress: float) -> int:
    """Return the training pictures' side in pixels: small at first, which is cheap."""
    return next(side for until, side in recipe.sides if progress < until or until == 1.0)
