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
        # glibc gives large blocks back to the kernel at once and page-faults them in again; it keeps
        # them where none of them is mapped (M_MMAP_MAX, -4) and none trimmed (M_TRIM_THRESHOLD, -1)
        libc = ctypes.CDLL(None)
        for option, value in ((-4, 0), (-1, 2**31 - 1)):
            libc.mallopt(option, value)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    return torch.device("cpu")


def has_bf16(device: torch.device) -> bool:
    """Tell whether the device has arithmetic for bf16; a CPU without it is slower with half the bits."""
    has = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return bool(device.type == "cuda" or has.get("avx512_bf16") or has.get("amx_bf16"))


def autocast(device: torch.device) -> AbstractContextManager[None]:
    """Return a context of bf16 where there is arithmetic for it."""
    return torch.autocast(device.type, torch.bfloat16) if has_bf16(device) else nullcontext()


def device_name(device: torch.device) -> str:
    """Return what the device is called."""
    return torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
