"""Where the arithmetic is done, and with how many bits."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from functools import cache

import torch

TRIES = 5  # of either number of bits: the first ones choose kernels


def pick_device() -> torch.device:
    """Return the accelerator where there is one, else the CPU, set up to be quick."""
    if torch.cuda.is_available():
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        return torch.device("cuda")
    if sys.platform == "linux":
        # glibc gives large blocks back to the kernel at once and page-faults them in again; it keeps
        # them where none of them is mapped (M_MMAP_MAX, -4) and none trimmed (M_TRIM_THRESHOLD, -1)
        libc = ctypes.CDLL(None)
        for option, value in ((-4, 0), (-1, 2**31 - 1)):
            libc.mallopt(option, value)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    return torch.device("cpu")


@cache
def quicker_in_bf16(device: torch.device) -> bool:
    """Return whether the device convolves more quickly with half the bits.

    A CPU without arithmetic for it does not. One with AVX512-BF16 but no AMX may or may not, so that those
    with any are tried out.
    """
    if device.type != "cpu":
        return device.type == "cuda"
    has = torch.cpu.get_capabilities()
    if not (has.get("avx512_bf16") or has.get("amx_bf16")):
        return False
    return _convolving_s(torch.bfloat16) < _convolving_s(torch.float32)


def _convolving_s(kind: torch.dtype) -> float:
    """Return the shortest time in seconds that a usual convolution took."""
    pictures = torch.ones(64, 96, 12, 12, dtype=kind).contiguous(memory_format=torch.channels_last)
    kernel = torch.ones(96, 96, 3, 3, dtype=kind).contiguous(memory_format=torch.channels_last)
    times = []
    for _ in range(TRIES):
        started = time.perf_counter()
        torch.nn.functional.conv2d(pictures, kernel, padding=1)
        times.append(time.perf_counter() - started)
    return min(times)


def autocast(device: torch.device) -> AbstractContextManager[None]:
    """Return a context of bf16 where that is quicker."""
    return torch.autocast(device.type, torch.bfloat16) if quicker_in_bf16(device) else nullcontext()


def device_name(device: torch.device) -> str:
    """Return what the device is called."""
    return torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
