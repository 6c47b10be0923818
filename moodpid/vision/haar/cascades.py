"""The files of the Haar cascades, and how they are read."""

from pathlib import Path

from moodpid.errors import CascadeError
from moodpid.vision.opencv import cv2

# Lienhart, Kuranov and Pisarevsky, "Empirical Analysis of Detection Cascades of Boosted Classifiers for
# Rapid Object Detection" (2003): the first finds most faces, the second disagrees with it about what is none.
# The others are S. Hameed's of eyes with and without glasses, and D. Bradley's of faces from the side
PROPOSER = "haarcascade_frontalface_alt2.xml"
SECOND_PROPOSER = "haarcascade_frontalface_default.xml"
CONFIRMER = "haarcascade_frontalface_alt.xml"
EYES = "haarcascade_eye_tree_eyeglasses.xml"
PROFILE = "haarcascade_profileface.xml"
ALL = (PROPOSER, SECOND_PROPOSER, CONFIRMER, EYES, PROFILE)
WINDOW_PX = 20  # the size that the proposer was trained at; no smaller face can be found


def cascade_path(name: str = PROPOSER, configured: str = "") -> Path:
    """Return where a cascade lies.

    Args:
        name: A file of OpenCV's.
        configured: The path of another file; empty for OpenCV's.

    Raises:
        CascadeError: The file is in none of the usual places, or not where the configuration names it.
    """
    if configured:
        places = [Path(configured)]
    else:
        folder = getattr(getattr(cv2, "data", None), "haarcascades", None)  # Debian's cv2 lacks it
        folders = [folder, "/usr/share/opencv4/haarcascades", "/usr/share/opencv/haarcascades"]
        places = [Path(f) / name for f in folders if f]
    refused = ""
    for place in places:
        try:
            if place.is_file():
                return place
        except OSError as error:  # in a folder that this user may not enter
            refused = f"{place} cannot be read: {error.strerror}; the service sees nothing in /home"
    if refused:
        raise CascadeError(refused)
    where = ", ".join(str(p) for p in places)
    raise CascadeError(f"no face cascade at {where}; install the Debian package opencv-data")


def load(name: str, configured: str = "") -> cv2.CascadeClassifier:
    """Read one of OpenCV's cascades, or the one at the configured path.

    Raises:
        CascadeError: The file is missing, or holds none.
    """
    return _read(cascade_path(name, configured))


def _read(path: Path) -> cv2.CascadeClassifier:
    try:
        cascade = cv2.CascadeClassifier(str(path))
    except (cv2.error, SystemError) as error:
        raise CascadeError(f"{path} is not a face cascade") from error
    if cascade.empty():
        raise CascadeError(f"{path} is not a face cascade; install the Debian package opencv-data")
    return cascade
