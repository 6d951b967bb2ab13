"""CIFAR-10 from archives and folders as they are published, made small by the tests."""

import io
import pickle
import tarfile

import numpy as np
import pytest

from taut.datasets import cifar10, load_cifar10

RANDOM = np.random.default_rng(0)
BATCHES = {
    name: (
        RANDOM.integers(0, 256, size=(4, 3, 32, 32), dtype=np.uint8),
        RANDOM.integers(0, 10, size=4),
    )
    for name in [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]
}
TRAIN = np.concatenate([BATCHES[f"data_batch_{k}"][0] for k in range(1, 6)])
TRAIN_LABELS = np.concatenate([BATCHES[f"data_batch_{k}"][1] for k in range(1, 6)])


def pickled(images, labels):
    content = {b"data": images.reshape(len(images), -1), b"labels": labels.tolist()}
    # As written by Python 2 and NumPy 1: the module of arrays had another name.
    return pickle.dumps(content, protocol=2).replace(b"numpy._core", b"numpy.core")


def binary(images, labels):
    return np.column_stack([labels, images.reshape(len(images), -1)]).astype(np.uint8).tobytes()


FORMS = {"py": ("", pickled), "bin": (".bin", binary)}


def written(folder, kind, **changes):
    """An unpacked archive."""
    suffix, write = FORMS[kind]
    inside = folder / f"cifar-10-batches-{kind}"
    inside.mkdir()
    for name, (images, labels) in BATCHES.items():
        (inside / f"{name}{suffix}").write_bytes(changes.get(name, write(images, labels)))
    (inside / "readme.html").write_text("none of the batches")
    return inside


def check(found):
    np.testing.assert_array_equal(found.train_images, TRAIN.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(found.train_labels, TRAIN_LABELS)
    images, labels = BATCHES["test_batch"]
    np.testing.assert_array_equal(found.test_images, images.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(found.test_labels, labels)
    assert found.train_images.dtype == found.test_images.dtype == np.uint8
    assert found.classes[3] == "cat"


@pytest.mark.parametrize("kind", FORMS)
def test_unpacked_archives(kind, tmp_path):
    inside = written(tmp_path, kind)
    check(load_cifar10(inside))
    check(load_cifar10(str(tmp_path)))


@pytest.mark.parametrize("kind", FORMS)
def test_packed_archives(kind, tmp_path, monkeypatch):
    inside = written(tmp_path, kind)
    path = tmp_path / "cifar.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(inside, inside.name)
    with pytest.raises(ValueError, match=r"no official archive.*MD5 sum is \w{32}.*verify=False"):
        load_cifar10(path)
    check(load_cifar10(path, verify=False))
    import hashlib

    monkeypatch.setitem(cifar10._MD5, hashlib.md5(path.read_bytes()).hexdigest(), "made here")
    check(load_cifar10(path))
    assert sorted(p.name for p in tmp_path.iterdir()) == [inside.name, "cifar.tar.gz"]


@pytest.mark.parametrize("kind", FORMS)
def test_images_are_mapped(kind, tmp_path):
    found = load_cifar10(written(tmp_path, kind))
    for images in (found.train_images, found.test_images):
        assert isinstance(images, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            images[0] = 0


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, content):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(cifar10.tempfile, "TemporaryFile", Full)
    with pytest.raises(OSError, match=r"could not be written to .*No space left.*TMPDIR"):
        load_cifar10(written(tmp_path, "py"))


def test_folders_of_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    pixels = TRAIN.transpose(0, 2, 3, 1)
    for part, rows in {"train": range(6), "test": range(6, 9)}.items():
        for row in rows:
            folder = tmp_path / part / ("cat", "ship", "truck")[row % 3]
            folder.mkdir(parents=True, exist_ok=True)
            image.fromarray(pixels[row]).save(folder / f"{row}.png")
    (tmp_path / "train" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "train" / "cat" / "._0.png").write_bytes(b"no image")
    found = load_cifar10(tmp_path)
    assert found.classes == ("cat", "ship", "truck")
    np.testing.assert_array_equal(found.train_images, pixels[[0, 3, 1, 4, 2, 5]])
    assert found.train_labels.tolist() == [0, 0, 1, 1, 2, 2]
    np.testing.assert_array_equal(found.test_images, pixels[6:9])
    image.fromarray(pixels[0, :16]).save(tmp_path / "test" / "cat" / "small.png")
    with pytest.raises(ValueError, match=r"small\.png must have 32 x 32 pixels, got 32 x 16"):
        load_cifar10(tmp_path)
    (tmp_path / "test" / "cat" / "small.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="cannot be read as an image"):
        load_cifar10(tmp_path)


def test_what_is_not_there_is_explained(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(FileNotFoundError, match=r"not downloaded.*cifar-10-python\.tar\.gz"):
            load_cifar10(path)
    inside = written(tmp_path, "bin")
    (inside / "test_batch.bin").unlink()
    with pytest.raises(FileNotFoundError, match="none of the batches test_batch"):
        load_cifar10(inside, verify=False)


@pytest.mark.parametrize("kind", FORMS)
def test_a_part_is_read_only_where_it_is_asked_for(kind, tmp_path):
    inside, suffix = written(tmp_path, kind), FORMS[kind][0]
    for k in (2, 4):
        (inside / f"data_batch_{k}{suffix}").unlink()
    with pytest.raises(FileNotFoundError) as refused:
        load_cifar10(tmp_path)
    assert f"lacks data_batch_2{suffix}, data_batch_4{suffix}: unpack" in str(refused.value)
    found = load_cifar10(tmp_path, verify=False)
    rows = np.r_[0:4, 8:12, 16:20]
    np.testing.assert_array_equal(found.train_images, TRAIN[rows].transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(found.train_labels, TRAIN_LABELS[rows])


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("bin", b"short", "records of 3,073 bytes, got 5 bytes"),
        ("bin", b"", "got 0 bytes"),
        ("bin", binary(BATCHES["test_batch"][0], np.full(4, 10)), "labels from 0 to 9, got 10"),
        ("py", b"no pickle", "is no batch of CIFAR-10"),
        ("py", pickle.dumps({b"data": 1}), "is no batch of CIFAR-10"),
        (
            "py",
            pickled(BATCHES["test_batch"][0][:3], BATCHES["test_batch"][1]),
            r"shape \(4, 3072\)",
        ),
        ("py", pickled(BATCHES["test_batch"][0], np.full(4, -1)), "got -1 for image 0"),
    ],
)
def test_damaged_files(kind, content, message, tmp_path):
    inside = written(tmp_path, kind, test_batch=content)
    with pytest.raises(ValueError, match=message):
        load_cifar10(inside)


def test_a_file_that_is_no_archive(tmp_path):
    path = tmp_path / "cifar.tar.gz"
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="no tar archive"):
        load_cifar10(path, verify=False)


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("code of the file was run",))


def test_pickles_run_no_code(tmp_path):
    content = io.BytesIO()
    pickle.dump({b"data": Evil(), b"labels": []}, content)
    inside = written(tmp_path, "py", data_batch_1=content.getvalue())
    with pytest.raises(ValueError, match="which no image needs"):
        load_cifar10(inside)


def test_what_is_no_path():
    with pytest.raises(TypeError, match="path must be that of an archive or a folder, got int"):
        load_cifar10(3)
