"""Augmentation: it changes training rows, in distribution as it says, and no others."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")
pytest.importorskip("kornia")

from taut import nn  # noqa: E402
from taut.nn import augmentation  # noqa: E402

torch.set_num_threads(1)
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, size=(40, 16, 16, 3), dtype=np.uint8)
LABELS = RANDOM.integers(0, 2, size=40)
CHANGES = {
    "flip": augmentation.flip,
    "shift": lambda: augmentation.shift(2),
    "rotation": augmentation.rotation,
    "zoom": augmentation.zoom,
    "colour": augmentation.colour,
    "erasing": lambda: augmentation.erasing(1.0),
    "noise": augmentation.noise,
}


class Spy(torch.nn.Module):
    """Keeps what it is given."""

    seen: list = []  # noqa: RUF012  a copy of the module is trained with: its class is shared

    def forward(self, batch):
        assert self.training
        self.seen.append(batch.clone())
        return batch


@pytest.mark.parametrize("name", CHANGES)
def test_changes_keep_shape_and_depend_on_the_seed(name):
    batch = torch.as_tensor(IMAGES).permute(0, 3, 1, 2) / 255
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        found.append(CHANGES[name]()(batch.clone()))
    assert found[0].shape == batch.shape
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=0)
    assert not torch.equal(found[0], found[2])
    assert not torch.equal(found[0], batch)


def test_a_flip_mirrors_half_of_the_images():
    batch = torch.rand(400, 1, 4, 4)
    torch.manual_seed(0)
    found = augmentation.flip()(batch)
    same = (found == batch).flatten(1).all(dim=1)
    mirrored = (found == batch.flip(3)).flatten(1).all(dim=1)
    assert (same | mirrored).all()
    assert 0.4 < mirrored.float().mean() < 0.6


def test_a_shift_moves_by_whole_pixels():
    batch = torch.rand(50, 1, 12, 12)
    found = augmentation.shift(2)(batch)
    inner = batch[:, :, 4:8, 4:8]
    moved = [found[:, :, 4 + i : 8 + i, 4 + j : 8 + j] for i in range(-2, 3) for j in range(-2, 3)]
    hits = torch.stack([torch.isclose(part, inner, atol=1e-5).flatten(1).all(1) for part in moved])
    assert hits.any(dim=0).all()
    assert hits.any(dim=1).sum() > 10


def test_noise_has_the_scale_that_it_says():
    added = augmentation.noise(0.3)(torch.zeros(20000))
    assert added.std().item() == pytest.approx(0.3, rel=0.03)


def test_noise_is_an_l2_penalty():
    """Bishop (1995): E 1/2 (y - (x + s e)'b)^2 is 1/2 (y - x'b)^2 + s^2/2 |b|^2."""
    X = RANDOM.normal(size=(300, 3))
    y = X @ [1.0, -2.0, 0.5]
    X, y = X - X.mean(0), y - y.mean()
    model = nn.NeuralRegressor(
        (),
        standardize=False,
        augmentation=augmentation.noise(0.7),
        optimizer="sgd",
        learning_rate=0.02,
        schedule="cosine",
        max_epochs=600,
        batch_size=None,
        early_stopping=False,
        random_state=0,
    ).fit(X, y)
    ridge = np.linalg.solve(X.T @ X / 300 + 0.49 * np.eye(3), X.T @ y / 300)
    np.testing.assert_allclose(model.input_weights_[0], ridge, atol=0.05)


def test_held_back_and_predicted_images_are_never_touched():
    held = np.arange(30, 40)
    stopping = nn.EarlyStopping(validation=[(np.arange(30), held)])
    settings = {"widths": (4, 8), "max_epochs": 3, "random_state": 0, "early_stopping": stopping}
    Spy.seen.clear()
    model = nn.ImageClassifier(augmentation=[Spy()], **settings).fit(IMAGES, LABELS)
    seen = (torch.cat(Spy.seen) * 255).round().permute(0, 2, 3, 1).cpu().numpy()
    assert len(seen) == 3 * 30
    known = {image.tobytes() for image in IMAGES[:30].astype(np.float32)}
    assert {image.tobytes() for image in seen} == known
    Spy.seen.clear()
    model.predict(IMAGES)
    assert not Spy.seen
    # What is said of the rows held back is what the network says of them as they are.
    probabilities = model.predict_proba(IMAGES[held])
    loss = -np.log(probabilities[np.arange(10), LABELS[held]]).mean()
    assert loss == pytest.approx(model.history_["valid_loss"][model.best_epoch_ - 1], rel=1e-4)


def test_statistics_are_those_of_training_images():
    stopping = nn.EarlyStopping(validation=[(np.arange(30), np.arange(30, 40))])
    model = nn.ImageClassifier(widths=(4,), max_epochs=1, early_stopping=stopping)
    model.fit(IMAGES, LABELS)
    np.testing.assert_allclose(model.offset_, IMAGES[:30].mean(axis=(0, 1, 2)) / 255)
    np.testing.assert_allclose(model.scale_, IMAGES[:30].std(axis=(0, 1, 2)) / 255)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: augmentation.shift(0), "pixels"),
        (lambda: augmentation.shift(4)(torch.zeros(2, 1, 4, 8)), "4 x 8 pixels cannot be shifted"),
        (lambda: augmentation.rotation(-1.0), "degrees"),
        (lambda: augmentation.zoom(1.0), "factor must be above 1"),
        (lambda: augmentation.colour(1.0), "strength must be below 1"),
        (lambda: augmentation.colour()(torch.full((2, 3, 4, 4), 200.0)), "pass bytes"),
        (lambda: augmentation.erasing(2.0), "probability must be at most 1"),
        (lambda: augmentation.erasing(largest=1.0), "largest must be below 1"),
        (lambda: augmentation.noise(0.0), "scale"),
    ],
)
def test_bad_strengths(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_kornia_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "kornia", None)
    with pytest.raises(ImportError, match=r"taut\[nn\]"):
        augmentation.flip()


def test_grey_images_have_no_saturation():
    grey = torch.rand(5, 1, 8, 8)
    changed = augmentation.colour(0.3)(grey)
    assert changed.shape == grey.shape
    assert not torch.equal(changed, grey)
