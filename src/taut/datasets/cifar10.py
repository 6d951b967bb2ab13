"""CIFAR-10 from files that are there already: nothing is ever downloaded.

The official archives hold 50,000 training and 10,000 test images of 32 x 32 pixels in 10 classes
(Krizhevsky, A. (2009). Learning multiple layers of features from tiny images. University of
Toronto). In both, an image is 3,072 bytes: red, green and blue one after the other, row by row.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["CIFAR10", "load_cifar10"]

_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
_SHAPE = (3, 32, 32)
_PIXELS = 3072
# As published beside the archives.
_MD5 = {
    "c58f30108f718f92721af3b95e74349a": "the python archive",
    "c32a1d4ab5d03f1284b67883e8d87530": "the binary archive",
}
_TRAIN = tuple(f"data_batch_{k}" for k in range(1, 6))
_TEST = ("test_batch",)
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_HOW = (
    "CIFAR-10 is not downloaded for you: fetch cifar-10-python.tar.gz or cifar-10-binary.tar.gz "
    "from https://www.cs.toronto.edu/~kriz/cifar.html and pass its path; or pass a folder with "
    "images as train/CLASS/NAME.png and test/CLASS/NAME.png"
)


class CIFAR10(NamedTuple):
    """Images and their labels.

    Attributes
    ----------
    train_images, test_images : ndarray of uint8, of shape (n_images, 32, 32, 3)
        Read-only and mapped from the disk: from the file itself where it is one unpacked binary
        file, else from a temporary one that goes with the array.
    train_labels, test_labels : ndarray of int64, of shape (n_images,)
        Places in ``classes``.
    classes : tuple of str
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]


def load_cifar10(path, verify: bool = True) -> CIFAR10:
    """Read CIFAR-10 from an official archive, packed or unpacked, or from folders of images.

    Parameters
    ----------
    path : str or path-like
        ``cifar-10-python.tar.gz`` or ``cifar-10-binary.tar.gz``; the folder that one of them
        unpacks to, or the one around it; or a folder with ``train/CLASS/`` and ``test/CLASS/``.
    verify : bool, default True
        Compare an archive with its published MD5 sum, and refuse a folder that lacks one of its
        batches. Shapes and labels are always checked. Pass False for a part of CIFAR-10: the
        batches that are there, of which one at least must be for training and one for the test.

    Returns
    -------
    CIFAR10

    Raises
    ------
    FileNotFoundError
        There is nothing at ``path``, no part of it, or not all; the message says how to obtain it.
    TypeError
        ``path`` is none.
    ValueError
        A file is damaged or holds something else.
    OSError
        There is no room for a temporary file.
    ImportError
        Images have to be read, and Pillow is not installed.
    """
    if not isinstance(path, str | PathLike):
        raise TypeError(
            f"path must be that of an archive or a folder, got {type(path).__name__}. {_HOW}"
        )
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"path {str(path)!r} does not exist. {_HOW}")
    if path.is_file():
        return _read_archive(path, verify)
    for folder in (path, path / "cifar-10-batches-py", path / "cifar-10-batches-bin"):
        if (folder / "train").is_dir() and (folder / "test").is_dir():
            return _read_images(folder)
        for suffix, read in (("", _of_pickle), (".bin", _of_binary)):
            if any((folder / f"{name}{suffix}").is_file() for name in (*_TRAIN, *_TEST)):
                if verify:
                    _check_complete(folder, suffix)
                return _joined(lambda name, f=folder, s=suffix, r=read: r(f / f"{name}{s}"))
    raise FileNotFoundError(f"path {str(path)!r} holds no part of CIFAR-10. {_HOW}")


def _check_complete(folder: Path, suffix: str) -> None:
    names = [f"{name}{suffix}" for name in (*_TRAIN, *_TEST)]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"path {str(folder)!r} lacks {', '.join(missing)}: unpack the archive anew, or pass "
            "verify=False for the batches that are there"
        )


def _joined(read) -> CIFAR10:
    """All batches that are there, each read by its name."""
    parts = []
    for names in (_TRAIN, _TEST):
        batches = [batch for batch in map(read, names) if batch is not None]
        if not batches:
            raise FileNotFoundError(f"there is none of the batches {', '.join(names)}. {_HOW}")
        images, labels = zip(*batches, strict=True)
        lies = len(images) == 1 and isinstance(images[0], np.memmap)
        parts.append(images[0] if lies else _mapped(images))
        parts.append(np.concatenate(labels))
    return CIFAR10(*parts, _CLASSES)


def _mapped(batches: Iterable[np.ndarray]) -> np.ndarray:
    """Images in one array on the disk: the system takes from memory what is not looked at.

    They are written, not assigned to a map: a full disk is an error then, and no crash.
    """
    count = 0
    with tempfile.TemporaryFile() as file:
        for batch in batches:
            _write(file, batch)
            count += len(batch)
        file.flush()
        return np.memmap(file, np.uint8, "r", shape=(count, 32, 32, 3))


def _write(file, batch):
    try:
        file.write(np.ascontiguousarray(batch))
    except OSError as error:
        raise OSError(
            f"the images could not be written to {tempfile.gettempdir()} ({error}): free some 200 "
            "MB there, or set TMPDIR to a folder with room"
        ) from error


# Archives --------------------------------------------------------------------------------------


def _read_archive(path: Path, verify: bool) -> CIFAR10:
    if verify:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "md5").hexdigest()
        if found not in _MD5:
            raise ValueError(
                f"path {str(path)!r} is no official archive of CIFAR-10, or damaged: its MD5 sum "
                f"is {found}, and should be one of {', '.join(_MD5)}. Fetch it anew, or pass "
                "verify=False for a part of it that you packed yourself"
            )
    try:
        members = dict(_members(path))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(
            f"path {str(path)!r} is no tar archive ({error}): fetch it anew"
        ) from error

    def read(name):
        if f"{name}.bin" in members:
            records = np.frombuffer(members[f"{name}.bin"], dtype=np.uint8)
            return _checked_records(records, f"{name}.bin in {path}")
        if name in members:
            return _unpickled(members[name], f"{name} in {path}")
        return None

    return _joined(read)


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Batches by name; nothing is unpacked to the disk."""
    wanted = {*_TRAIN, *_TEST} | {f"{name}.bin" for name in (*_TRAIN, *_TEST)}
    with tarfile.open(path) as archive:
        for member in archive:
            name = Path(member.name).name
            if member.isfile() and name in wanted:
                yield name, archive.extractfile(member).read()


# Batches ---------------------------------------------------------------------------------------


def _of_binary(path: Path):
    if not path.is_file():
        return None
    if path.stat().st_size % (1 + _PIXELS) or not path.stat().st_size:
        raise ValueError(_wrong_size(path, path.stat().st_size))
    return _checked_records(np.memmap(path, dtype=np.uint8, mode="r"), str(path))


def _checked_records(records: np.ndarray, where: str):
    """A byte for the label and 3,072 for the pixels, image after image."""
    if records.size % (1 + _PIXELS) or not records.size:
        raise ValueError(_wrong_size(where, records.size))
    records = records.reshape(-1, 1 + _PIXELS)
    return _images(records[:, 1:]), _labels(records[:, 0], where)


def _wrong_size(where, size) -> str:
    return (
        f"{where} must hold records of {1 + _PIXELS:,} bytes, got {size:,} bytes: it is damaged or "
        "cut short, fetch it anew"
    )


def _of_pickle(path: Path):
    return _unpickled(path.read_bytes(), str(path)) if path.is_file() else None


def _unpickled(content: bytes, where: str):
    try:
        batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
        pixels, labels = np.asarray(batch[b"data"]), batch[b"labels"]
    except Exception as error:  # a damaged pickle can fail in any way
        raise ValueError(f"{where} is no batch of CIFAR-10 ({error}): fetch it anew") from error
    if pixels.dtype != np.uint8 or pixels.shape != (len(labels), _PIXELS) or not len(labels):
        raise ValueError(
            f"{where} must hold bytes of shape ({len(labels)}, {_PIXELS}), got {pixels.dtype} of "
            f"shape {pixels.shape}: fetch it anew"
        )
    return _images(pixels), _labels(np.asarray(labels), where)


class _ArraysOnly(pickle.Unpickler):
    """Pickles can run any code; those of CIFAR-10 need the parts of an array and nothing else."""

    _ALLOWED = frozenset(
        [
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("_codecs", "encode"),
        ]
    )

    def find_class(self, module, name):
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no image needs")
        if module == "numpy.core.multiarray":
            module = np.empty(0).__reduce__()[0].__module__  # renamed in NumPy 2
        return super().find_class(module, name)


def _images(pixels: np.ndarray) -> np.ndarray:
    """Colours last, as a view."""
    return pixels.reshape(-1, *_SHAPE).transpose(0, 2, 3, 1)


def _labels(labels: np.ndarray, where: str) -> np.ndarray:
    wrong = np.flatnonzero((labels < 0) | (labels >= len(_CLASSES)))
    if len(wrong):
        raise ValueError(
            f"{where} must have labels from 0 to {len(_CLASSES) - 1}, got {labels[wrong[0]]} for "
            f"image {wrong[0]} (counting from 0): it is damaged or another data set, fetch it anew"
        )
    return labels.astype(np.int64)


# Folders of images -----------------------------------------------------------------------------


def _read_images(folder: Path) -> CIFAR10:
    classes = tuple(sorted(_classes(folder / "train")))
    if not classes:
        raise FileNotFoundError(f"path {str(folder / 'train')!r} has no folder of a class. {_HOW}")
    unknown = _classes(folder / "test") - set(classes)
    if unknown:
        raise ValueError(
            f"path {str(folder / 'test')!r} has classes that train has not: "
            f"{', '.join(sorted(unknown))}. Rename the folders alike"
        )
    parts = [part for name in ("train", "test") for part in _of_folder(folder / name, classes)]
    return CIFAR10(*parts, classes)


def _classes(folder: Path) -> set[str]:
    """Folders that some program keeps for itself would shift all labels."""
    return {p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")}


def _of_folder(folder: Path, classes):
    files = [
        (file, label)
        for label, name in enumerate(classes)
        if (folder / name).is_dir()
        for file in sorted((folder / name).iterdir())
        if file.suffix.lower() in _SUFFIXES and not file.name.startswith(".")
    ]
    if not files:
        raise FileNotFoundError(f"path {str(folder)!r} has no image in its folders. {_HOW}")
    images = _mapped(_read_image(file)[None] for file, _ in files)
    return images, np.array([label for _, label in files], dtype=np.int64)


def _read_image(file: Path) -> np.ndarray:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise ImportError(
            "reading folders of images needs Pillow, which the extra 'plot' brings: "
            'pip install "taut[plot]"'
        ) from error
    try:
        with Image.open(file) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError(f"{file} cannot be read as an image ({error}): fetch it anew") from error
    if pixels.shape != (32, 32, 3):
        raise ValueError(
            f"{file} must have 32 x 32 pixels, got {pixels.shape[1]} x {pixels.shape[0]}: resize "
            "the images"
        )
    return pixels
