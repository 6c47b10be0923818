"""Where the arithmetic is done, and with how many bits."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import AbstractContextManager, nullcontext

import torch


def pick_device() -> torch.device:
    """Return the accelerator where there is one, else the CPU, set up to be quick."""
    if torch.cuda.is_available():
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        return torch.device("cuda")
    if sys.platform == "linux":
        # glibc gives large blocks back to the kernel at once and page-faults them in again:
        # keeping them (mallopt(3): M_MMAP_THRESHOLD, M_TRIM_THRESHOLD) nearly halves a step.
        libc = ctypes.CDLL(None)
        for option in (-3, -1):
            libc.mallopt(option, 2**31 - 1)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    return torch.device("cpu")


def autocast(device: torch.device) -> AbstractContextManager[None]:
    """Return a context of bf16 where there is arithmetic for it; a CPU without it is slower so."""
    has = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    if device.type == "cuda" or has.get("avx512_bf16") or has.get("amx_bf16"):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def device_name(device: torch.device) -> str:
    """Return what the device is called."""
    return torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
