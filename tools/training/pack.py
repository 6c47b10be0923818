"""Faces packed small and without loss, to travel to a machine with an accelerator.

    python tools/training/pack.py --data FER2013 --out PACKED

`data.load_folder` reads a packed folder as it reads FER2013's own: 47 MiB instead of 68.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image

import data

ACROSS = 8  # faces side by side
DOWN = 330  # and below each other: a WebP picture has at most 16383 rows


def pack_faces(faces: data.Faces, name: str, folder: Path) -> None:
    """Write faces as WebP pictures and an `.npz` of labels and votes; they must come back as they are."""
    for number, start in enumerate(range(0, len(faces), ACROSS * DOWN)):
        tiles = np.zeros((ACROSS * DOWN, data.SIDE_PX, data.SIDE_PX), np.uint8)
        some = faces.images[start : start + ACROSS * DOWN]
        tiles[: len(some)] = some
        sheet = tiles.reshape(DOWN, ACROSS, data.SIDE_PX, data.SIDE_PX).swapaxes(1, 2)
        content = io.BytesIO()
        picture = Image.fromarray(sheet.reshape(DOWN * data.SIDE_PX, -1)).convert("RGB")
        picture.save(content, "webp", lossless=True, quality=70, method=4)
        (folder / f"{name}-{number:02}.webp").write_bytes(content.getvalue())
    np.savez_compressed(
        folder / f"{name}.labels.npz", labels=faces.labels.astype(np.uint8), votes=faces.votes
    )
    if not np.array_equal(unpack_faces(name, folder).images, faces.images):
        raise ValueError(f"{folder}: the packed faces differ from those of {name}")


def unpack_faces(name: str, folder: Path) -> data.Faces:
    """Read faces that `pack_faces` wrote. Raises OSError where there are none of that name."""
    with np.load(folder / f"{name}.labels.npz") as arrays:
        labels, votes = arrays["labels"].astype(np.int64), arrays["votes"]
    sheets = [np.asarray(Image.open(file))[..., 0] for file in sorted(folder.glob(f"{name}-*.webp"))]
    tiles = [sheet.reshape(DOWN, data.SIDE_PX, ACROSS, data.SIDE_PX).swapaxes(1, 2) for sheet in sheets]
    images = np.concatenate(tiles).reshape(-1, data.SIDE_PX, data.SIDE_PX)[: len(labels)]
    return data.Faces(np.ascontiguousarray(images), labels, votes)


def main() -> None:
    """Pack the cleaned training faces and the validation faces."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the faces")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    train, valid = data.load_folder(options.data)
    pack_faces(data.cleaned(train, valid), "train", options.out)
    pack_faces(valid, "valid", options.out)
    size = sum(file.stat().st_size for file in options.out.iterdir())
    print(f"{size / 2**20:.1f} MiB in {options.out}")


if __name__ == "__main__":
    main()
