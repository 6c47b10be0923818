"""The few names of libcamera that the Pi's camera is asked for."""

from types import SimpleNamespace

controls = SimpleNamespace(
    AfModeEnum=SimpleNamespace(Continuous="continuous"),
    AeMeteringModeEnum=SimpleNamespace(CentreWeighted="centre"),
    AeConstraintModeEnum=SimpleNamespace(Shadows="shadows"),
)
ColorSpace = SimpleNamespace(Sycc=lambda: "sYCC")
