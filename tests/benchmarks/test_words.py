"""A visual word is a patch of the face."""

import numpy as np
from benchmarks.classical.words import ENLARGED_PX, PATCH_PX, BagOfWords


def test_a_visual_word_sees_its_patch_alone() -> None:
    face = np.random.default_rng(1).integers(0, 256, (48, 48), np.uint8)
    other = face.copy()
    beyond = round(48 * 1.5 * PATCH_PX / ENLARGED_PX)  # from there on to the right and below
    other[:, beyond:], other[beyond:] = 0, 0
    words = BagOfWords()
    before, after = words._descriptors(face), words._descriptors(other)
    assert np.array_equal(before[0], after[0])
    assert not np.allclose(before[-1], after[-1])
