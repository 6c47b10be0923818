"""Face detection with OpenCV's Haar cascades, each step of it in a module of its own.

`motion` decides when and where to search, `tone` prepares the picture, `search` proposes faces with one
cascade at a coarse step, `evidence` weighs each proposal with other cascades at a fine step, `tracking`
follows the faces from look to look, and `stillness` finds those that are pictures. `detector` joins them.
"""

from moodpid.vision.haar.detector import HaarDetector
from moodpid.vision.haar.stills import StillDetector

__all__ = ["HaarDetector", "StillDetector"]
