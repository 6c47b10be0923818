"""A window around a face can be cut wherever the face is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moodpid.vision.haar.windows import cut_window
from moodpid.vision.types import Face

_PLACE = st.integers(-3000, 3000)


@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.builds(
        Face, x=_PLACE, y=_PLACE, width=st.integers(1, 200), height=st.just(1), roll=st.floats(-45, 45)
    ),
    st.integers(20, 60),
)
def test_a_window_holds_a_pixel_at_least(shape: tuple[int, int], face: Face, face_px: int) -> None:
    window = cut_window(np.zeros(shape, np.uint8), face, face_px, 0.35, None)
    assert min(window.grey.shape) >= 1
