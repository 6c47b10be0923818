"""A training step recorded once as a CUDA graph and replayed: small kernels no longer wait for Python."""

from __future__ import annotations

from collections.abc import Callable

import torch

WARM_UP_STEPS = 3  # run plainly first, so that the libraries have chosen their kernels


class RecordedStep:
    """Calls a step; on an accelerator it is recorded after a few calls and replayed from then on.

    The step may read only tensors that stay in their places, and must not wait for the device.
    Elsewhere it is a plain call.
    """

    def __init__(self, step: Callable[[], None], device: torch.device) -> None:
        self._step, self._device = step, device
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> None:
        """Run the step once."""
        if self._device.type != "cuda":
            self._step()
            return
        if self._calls == WARM_UP_STEPS and self._graph is None:
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
                self._step()
        if self._graph is not None:
            self._graph.replay()
            return
        self._calls += 1
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            self._step()
        torch.cuda.current_stream().wait_stream(beside)
