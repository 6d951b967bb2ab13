"""The neural estimators: what they solve, how they keep scikit-learn's conventions."""

import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from sklearn.datasets import load_diabetes, load_digits, load_iris  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.utils.estimator_checks import estimator_checks_generator  # noqa: E402

import taut  # noqa: E402
from taut import nn, penalties  # noqa: E402
from taut.penalties import L1  # noqa: E402

torch.set_num_threads(1)
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(100, 8))
Y = X @ [2.0, -1.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0] + RANDOM.normal(size=100) / 2 + 3.0
LABELS = np.where(Y > 3.0, "high", "low")
FULL = {"batch_size": None, "early_stopping": False, "random_state": 0}
FAST = {"widths": (8,), "max_epochs": 10, "random_state": 0}
DIGITS = load_digits()
IMAGES = DIGITS.images[:200] / 16
SMALL = {"widths": (4, 8), "max_epochs": 3, "random_state": 0}

# Why a check cannot apply to a fit that depends on chance.
EXCEPTIONS = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a row given twice is in two batches, or held back once; full batches without early "
        "stopping are tested below"
    ),
}


def _checks():
    for estimator in (
        # On a GPU sums depend on the number of rows, by more than scikit-learn's checks allow.
        nn.NeuralRegressor(random_state=0, max_epochs=60, learning_rate=1e-2, device="cpu"),
        nn.NeuralClassifier(random_state=0, max_epochs=60, learning_rate=1e-2, device="cpu"),
    ):
        for model, check in estimator_checks_generator(estimator):
            name = check.func.__name__
            if name not in EXCEPTIONS:
                yield pytest.param(model, check, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.slow
@pytest.mark.parametrize(("model", "check"), list(_checks()))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_check(model, check):
    check(model)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_linear_network_under_l1_is_the_lasso(optimizer):
    lasso = taut.Lasso(alpha=0.2, tol=1e-10).fit(X, Y)
    model = nn.NeuralRegressor(
        (),
        penalty=L1(),
        alpha=0.2,
        standardize=False,
        optimizer=optimizer,
        learning_rate=0.05,
        schedule="cosine",
        max_epochs=400,
        **FULL,
    ).fit(X, Y)
    coef = model.input_weights_[0]
    np.testing.assert_allclose(coef, lasso.coef_, atol=1e-3)
    np.testing.assert_array_equal(coef == 0, lasso.coef_ == 0)
    assert 0 < np.count_nonzero(coef) < 8
    np.testing.assert_allclose(model.predict(X), lasso.predict(X), atol=2e-3)


def test_weights_are_repeats_and_zero_ones_are_no_rows():
    settings = {"widths": (8,), "max_epochs": 30, **FULL}
    weights = RANDOM.integers(0, 3, 100)
    weighted = nn.NeuralRegressor(**settings).fit(X, Y, sample_weight=weights)
    repeated = nn.NeuralRegressor(**settings).fit(np.repeat(X, weights, 0), np.repeat(Y, weights))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), atol=1e-4)


def test_class_weights_are_weights_of_their_rows():
    settings = {"widths": (8,), "max_epochs": 30, "standardize": False, **FULL}
    by_class = nn.NeuralClassifier(class_weight={"high": 3.0}, **settings).fit(X, LABELS)
    weights = np.where(LABELS == "high", 3.0, 1.0)
    by_row = nn.NeuralClassifier(**settings).fit(X, LABELS, sample_weight=weights)
    plain = nn.NeuralClassifier(**settings).fit(X, LABELS)
    np.testing.assert_allclose(by_class.predict_proba(X), by_row.predict_proba(X), atol=1e-6)
    assert by_class.predict_proba(X)[:, 0].mean() > plain.predict_proba(X)[:, 0].mean() + 0.02


@pytest.mark.parametrize("kind", [nn.NeuralRegressor, nn.NeuralClassifier])
def test_seeds_reproduce_and_leave_the_stream_alone(kind):
    y = Y if kind is nn.NeuralRegressor else LABELS
    before = torch.get_rng_state()
    outputs = [kind(**FAST, dropout=0.5).set_params(random_state=s).fit(X, y) for s in (1, 1, 2)]
    first, again, other = (model._output(X) for model in outputs)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_are_read(library):
    frames = pytest.importorskip(library)
    names = [f"f{j}" for j in range(8)]
    frame = frames.DataFrame({name: X[:, j] for j, name in enumerate(names)})
    model = nn.NeuralRegressor(**FAST).fit(frame, Y)
    assert model.feature_names_in_.tolist() == names
    np.testing.assert_array_equal(
        model.predict(frame), nn.NeuralRegressor(**FAST).fit(X, Y).predict(X)
    )
    with pytest.raises(ValueError, match=r"(?s)feature names.*in their order"):
        model.predict(frame[names[::-1]])


def test_the_defaults_learn():
    data, target = load_diabetes(return_X_y=True)
    # Values of this table are in units of the target: the network sees standardised ones.
    assert nn.NeuralRegressor(random_state=0).fit(data[:300], target[:300]).score(
        data[300:], target[300:]
    ) > 0.4  # fmt: skip
    flowers, kinds = load_iris(return_X_y=True)
    model = nn.NeuralClassifier(max_epochs=100, random_state=0).fit(flowers[::2], kinds[::2])
    assert model.score(flowers[1::2], kinds[1::2]) > 0.9
    np.testing.assert_allclose(model.predict_proba(flowers).sum(axis=1), 1.0)
    np.testing.assert_allclose(
        np.exp(model.predict_log_proba(flowers)), model.predict_proba(flowers)
    )


def test_several_targets():
    targets = np.column_stack([Y, 100 * Y + 5])
    model = nn.NeuralRegressor(widths=(), max_epochs=300, learning_rate=0.05, **FULL)
    predictions = model.fit(X, targets).predict(X)
    np.testing.assert_allclose(predictions[:, 1], 100 * predictions[:, 0] + 5, rtol=1e-2)


def test_partial_fit_goes_on_from_where_it_was():
    model = nn.NeuralClassifier(widths=(8,), learning_rate=0.01, random_state=0)
    model.partial_fit(X[:50], LABELS[:50], classes=["high", "low", "never"])
    first = copy.deepcopy(model.module_.state_dict())
    for _ in range(60):
        model.partial_fit(X[:50], LABELS[:50])
    assert model.classes_.tolist() == ["high", "low", "never"]
    assert model.n_iter_ == 61
    assert model.history_["train_loss"][-1] < model.history_["train_loss"][0] / 2
    assert any(not torch.equal(t, first[name]) for name, t in model.module_.state_dict().items())
    with pytest.raises(ValueError, match="none of the classes"):
        model.partial_fit(X[:2], ["high", "new"])


def test_partial_fit_takes_the_same_classes_again_and_no_others():
    model = nn.NeuralClassifier(**FAST)
    with pytest.raises(ValueError, match=r"classes must be an array of two.*got 'low'"):
        model.partial_fit(X, LABELS, classes="low")
    with pytest.raises(ValueError, match="none of the classes"):
        model.partial_fit(X, LABELS, classes=["high", "never"])
    model.partial_fit(X, LABELS)  # what failed is forgotten
    model.partial_fit(X, LABELS, classes=["low", "high"])
    with pytest.raises(ValueError, match=r"has, \['high', 'low'\], got \['high', 'low', 'never'\]"):
        model.partial_fit(X, LABELS, classes=["high", "low", "never"])
    fitted = nn.NeuralClassifier(**FAST).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"has, \['high', 'low'\], got \[0, 1\]"):
        fitted.partial_fit(X, LABELS, classes=[0, 1])


def test_targets_of_the_other_kind_are_sent_to_the_other_model():
    with pytest.raises(ValueError, match="where y holds classes, use a classifier"):
        nn.NeuralRegressor(**FAST).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"continuous, such as .* use a regressor"):
        nn.NeuralClassifier(**FAST).fit(X, Y)


def test_partial_fit_after_fit_keeps_the_standardisation():
    model = nn.NeuralRegressor(**FAST).fit(X, Y)
    offset, before = model.offset_.copy(), model.score(X, Y)
    for _ in range(20):
        model.partial_fit(X + 0.0, Y)
    np.testing.assert_array_equal(model.offset_, offset)
    assert model.score(X, Y) > before


def test_a_network_of_ones_own():
    def make(shape, n_outputs):
        return torch.nn.Sequential(torch.nn.Linear(*shape, 4), torch.nn.Linear(4, n_outputs))

    given = make((8,), 2)
    before = copy.deepcopy(given.state_dict())
    for module in (make, given):
        model = nn.NeuralClassifier(module=module, learning_rate=0.03, random_state=0).fit(
            X, LABELS
        )
        assert model.score(X, LABELS) > 0.7
        assert model.module_ is not given
    assert all(torch.equal(tensor, given.state_dict()[name]) for name, tensor in before.items())


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (torch.nn.Linear(8, 3), "each of the 2 classes, got 3: end it with a layer of 2"),
        (torch.nn.Linear(5, 2), r"inputs of shape \(n_samples, 8\), but raised RuntimeError"),
        (torch.nn.LSTM(8, 2), "one tensor .* got tuple for 2 rows"),
        (torch.nn.Sequential(torch.nn.Linear(8, 1), torch.nn.Flatten(0)), r"got \(2,\) for 2 rows"),
    ],
)
def test_a_network_that_does_not_fit_the_data(module, message):
    model = nn.NeuralClassifier(module=module, device="cpu")
    for train in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=message):
            train(X, LABELS)
        assert not hasattr(model, "module_")


def test_penalties_by_the_names_of_layers():
    penalty = {"hidden_1": nn.columns(taut.penalties.MultiTask())}
    model = nn.NeuralRegressor(
        (16,), penalty=penalty, alpha=0.3, learning_rate=0.01, max_epochs=200, **FULL
    ).fit(X, Y)
    used = np.any(model.input_weights_ != 0, axis=0)
    assert used[0]
    assert not used[[2, 3, 5, 6, 7]].all()
    with pytest.raises(ValueError, match=r"names no layer 'hiden_1'.*hidden_1"):
        nn.NeuralRegressor(penalty={"hiden_1": L1()}).fit(X, Y)


def test_images_in_every_form():
    model = nn.ImageClassifier(**SMALL).fit(IMAGES, DIGITS.target[:200])
    assert model.image_shape_ == (8, 8, 1)
    pixels = np.round(IMAGES * 255).astype(np.uint8)
    by_bytes = nn.ImageClassifier(**SMALL).fit(pixels[..., None], DIGITS.target[:200])
    np.testing.assert_allclose(
        by_bytes.predict_proba(pixels), model.predict_proba(IMAGES), atol=0.02
    )
    with pytest.raises(ValueError, match="resize"):
        model.predict(np.zeros((2, 9, 9)))


@pytest.mark.parametrize("fitted", [np.uint8, np.int64, np.float32])
def test_images_are_the_same_as_bytes_and_as_shares(fitted):
    pixels = np.round(IMAGES * 255).astype(fitted)
    labels = DIGITS.target[:200]
    model = nn.ImageClassifier(**SMALL).fit(pixels, labels)
    expected = model.predict_proba(pixels)
    assert model.white_ == (1 if fitted is np.float32 else 255)
    for dtype in (np.uint8, np.int64, np.float64):
        if model.white_ == 255 and dtype is np.float64:
            with pytest.raises(ValueError, match="got 255 of float64: pass X / 255"):
                model.predict(pixels.astype(dtype))
            with pytest.raises(ValueError, match="shares of white"):
                model.partial_fit(pixels.astype(dtype), labels)
            found = model.predict_proba(pixels / 255.0)
        else:
            found = model.predict_proba(pixels.astype(dtype))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_model_of_shares_takes_bytes_and_floats_a_little_beyond(tmp_path):
    labels = DIGITS.target[:200]
    nn.ImageClassifier(**SMALL).fit(1.1 * IMAGES - 0.05, labels).save(tmp_path / "model")
    model = nn.load(tmp_path / "model")
    found = model.predict_proba(np.round(IMAGES * 255).astype(np.uint8))
    np.testing.assert_allclose(found, model.predict_proba(IMAGES), atol=0.02)
    model.predict(3 * IMAGES)
    with pytest.raises(ValueError, match="got -255 of float64"):
        model.predict(-255 * IMAGES)
    with pytest.raises(ValueError, match="got 65535 of uint16"):
        model.predict((65535 * IMAGES).astype(np.uint16))


def test_pixels_of_sixteen_bits_are_taken_as_they_are():
    pixels = np.round(65535 * IMAGES).astype(np.uint16)
    model = nn.ImageClassifier(**SMALL).fit(pixels, DIGITS.target[:200])
    assert model.white_ == 1
    np.testing.assert_allclose(
        model.predict_proba(pixels), model.predict_proba(pixels.astype(float)), atol=1e-5
    )


@pytest.mark.parametrize(
    ("blocks", "message"),
    [(2, "one number for each of the 2 widths"), ((1,), "each of the 2"), ((1, -1), "got -1")],
)
def test_bad_blocks(blocks, message):
    with pytest.raises(ValueError, match=message):
        nn.ImageClassifier(**SMALL, blocks=blocks).fit(IMAGES, DIGITS.target[:200])


def test_blocks_are_residual_convolutions():
    model = nn.ImageClassifier(**SMALL, blocks=(2, 1)).fit(IMAGES, DIGITS.target[:200])
    names = [name for name, _ in model.module_.named_children() if name.startswith("residual")]
    assert names == ["residual_1_1", "residual_1_2", "residual_2_1"]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((5, 64)), "reshape rows of pixels"),
        (np.zeros((5, 3, 16, 16)), "channels last"),
        (np.full((5, 8, 8), np.nan), "image 0"),
        (np.zeros((5, 1, 1)), "fewer widths"),
        (np.zeros((1, 8, 8)), "n_samples=1"),
        ([np.zeros((8, 8)), np.zeros((9, 8))], "images of one shape"),
    ],
)
def test_images_that_are_none(images, message):
    with pytest.raises(ValueError, match=message):
        nn.ImageClassifier(**SMALL).fit(images, np.arange(len(images)) % 2)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be finite and > 0, got 0.0"),
        ({"batch_size": 1.5}, TypeError, "batch_size must be a whole number or None"),
        ({"max_epochs": 0}, ValueError, "max_epochs"),
        ({"dropout": 1.0}, ValueError, "dropout must be below 1, got 1.0"),
        ({"widths": (0,)}, ValueError, "each of widths"),
        ({"optimizer": "adamm"}, ValueError, "optimizer.*did you mean 'adam'"),
        ({"schedule": "step"}, ValueError, "schedule"),
        ({"activation": "rellu"}, ValueError, "activation.*did you mean 'relu'"),
        ({"precision": "float16"}, ValueError, "precision"),
        ({"averaging": 0.9}, TypeError, "averaging must be None, EMA or SWA, got 0.9"),
        (
            {"early_stopping": 5},
            TypeError,
            "or an EarlyStopping, got 5",
        ),
        ({"augmentation": ["flip"]}, TypeError, "augmentation must be modules"),
        ({"augmentation": nn.augmentation.flip}, TypeError, "augmentation must be modules"),
        ({"augmentation": nn.augmentation.shift(1)}, ValueError, "is for images, not for rows"),
        ({"augmentation": nn.augmentation.flip()}, ValueError, "is for images, not for rows"),
        ({"mixing": nn.Mixup}, TypeError, "mixing must be None, Mixup or CutMix"),
        ({"penalty": "l1"}, TypeError, "penalty must be a taut penalty or a dict of them"),
        ({"alpha": -1.0}, ValueError, "alpha"),
        ({"module": 3}, TypeError, "module must be None"),
        ({"module": lambda: None}, TypeError, r"but module\(\(8,\), 1\) raised TypeError"),
        ({"module": lambda *_: 3}, TypeError, "module must make a torch.nn.Module, got 3"),
        ({"device": "abacus"}, ValueError, "device must be one of this machine, got 'abacus'"),
        ({"device": "meta"}, ValueError, "device must be one of this machine, got 'meta'"),
        ({"device": None}, TypeError, "device must be a name"),
        ({"standardize": "yes"}, TypeError, "standardize must be True or False"),
    ],
)
def test_parameters_that_are_none(settings, error, message):
    with pytest.raises(error, match=message):
        nn.NeuralRegressor(**settings).fit(X, Y)


def test_bad_class_weights_and_monitors():
    for bad, message in (
        ("even", "class_weight must be None"),
        ({"higher": 2.0}, "class_weight must name classes of y"),
        ({"high": -1.0}, r"class_weight\['high'\] must be finite and >= 0, got -1.0"),
        ({"high": 0.0, "low": 0.0}, "class_weight leaves no weight"),
    ):
        with pytest.raises(ValueError, match=message):
            nn.NeuralClassifier(class_weight=bad).fit(X, LABELS)
    with pytest.raises(ValueError, match="accuracy of a regressor"):
        nn.NeuralRegressor(early_stopping=nn.EarlyStopping(monitor="accuracy")).fit(X, Y)


@pytest.mark.parametrize("kind", ["regressor", "classifier", "images"])
def test_saved_models_predict_alike(kind, tmp_path):
    model, data, y = {
        "regressor": (nn.NeuralRegressor(**FAST, averaging=nn.EMA()), X, Y),
        "classifier": (
            nn.NeuralClassifier(**FAST, early_stopping=nn.EarlyStopping(5)), X, LABELS
        ),
        "images": (nn.ImageClassifier(**SMALL), IMAGES, DIGITS.target[:200]),
    }[kind]  # fmt: skip
    model.set_params(device="cpu")  # where a loaded model is, too
    model.fit(data, y).save(tmp_path / "model.taut")
    loaded = nn.load(tmp_path / "model.taut")
    np.testing.assert_array_equal(loaded.predict(data), model.predict(data))
    np.testing.assert_array_equal(loaded._output(data), model._output(data))
    assert loaded.get_params() == model.get_params()
    assert loaded.history_ == model.history_
    loaded.partial_fit(data, y)
    by_pickle = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        by_pickle.partial_fit(data, y)._output(data), loaded._output(data)
    )
    assert [path.name for path in tmp_path.iterdir()] == ["model.taut"]


def test_files_hold_no_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return (pytest.fail, ("code of the file was run",))

    path = tmp_path / "model.taut"
    torch.save({"description": Evil(), "state": {}}, path)
    with pytest.raises(ValueError, match=r"no model saved by taut\.nn \(it holds objects"):
        nn.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"no model saved by taut\.nn"):
        nn.load(path)
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "none.taut")


def test_a_file_that_has_changed_is_refused(tmp_path):
    path = tmp_path / "model.taut"
    nn.NeuralRegressor(**FAST).fit(X, Y).save(path)
    whole = path.read_bytes()
    weight = nn.load(path).module_.state_dict().popitem()[1].numpy().tobytes()
    spoilt = bytearray(whole)
    spoilt[whole.index(weight)] ^= 1
    for content, reason in ((spoilt, "has changed"), (whole[:-100], "zip"), (b"", "zip")):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"no model saved by taut\.nn .*{reason}"):
            nn.load(path)
    description = '{"format": 1, "estimator": "NeuralRegressor", "parameters": {"depth": 1}}'
    torch.save({"description": description, "state": {}}, path)
    with pytest.raises(ValueError, match=r"its description is broken.*depth"):
        nn.load(path)


@pytest.mark.parametrize(
    "penalty",
    [
        L1(),
        penalties.ElasticNet(0.3) + penalties.NonNegative(),
        {"hidden_1": nn.columns(penalties.MultiTask(weights=[1.0] * 7 + [np.inf])), "output": L1()},
        {"hidden_1": nn.rows(penalties.GroupLasso([0, 0, 0, 1, 1, 1, 2, 2]))},
        {"hidden_1.bias": penalties.Box(-1.0, np.inf)},
    ],
    ids=["L1", "sum", "columns", "rows", "bounds"],
)
def test_saved_models_keep_their_penalties(penalty, tmp_path):
    model = nn.NeuralRegressor(**FAST, penalty=penalty, alpha=0.1, device="cpu").fit(X, Y)
    model.save(tmp_path / "model.taut")
    loaded = nn.load(tmp_path / "model.taut")
    assert repr(loaded.get_params()) == repr(model.get_params())
    found, expected = (m.partial_fit(X, Y) for m in (loaded, pickle.loads(pickle.dumps(model))))
    np.testing.assert_array_equal(found.input_weights_, expected.input_weights_)


def test_saving_says_what_it_leaves_out(tmp_path):
    class Own(L1):
        pass

    settings = {"penalty": Own(), "augmentation": nn.augmentation.noise()}
    model = nn.NeuralRegressor(**FAST, **settings).fit(X, Y)
    with pytest.warns(UserWarning, match="not saved: augmentation, penalty, which only matter to"):
        model.save(tmp_path / "model.taut")
    assert nn.load(tmp_path / "model.taut").penalty is None
    own = nn.NeuralRegressor(module=torch.nn.Linear(8, 1), max_epochs=2, device="cpu").fit(X, Y)
    own.save(tmp_path / "own.taut")
    with pytest.raises(ValueError, match="module must be given"):
        nn.load(tmp_path / "own.taut")
    with pytest.raises(ValueError, match="does not fit"):
        nn.load(tmp_path / "own.taut", module=torch.nn.Linear(3, 1))
    loaded = nn.load(tmp_path / "own.taut", module=torch.nn.Linear(8, 1))
    np.testing.assert_array_equal(loaded.predict(X), own.predict(X))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_model_of_a_gpu_is_read_by_a_cpu(tmp_path):
    model = nn.NeuralRegressor(**FAST, device="cuda").fit(X, Y)
    model.save(tmp_path / "model.taut")
    loaded = nn.load(tmp_path / "model.taut")
    assert next(loaded.module_.parameters()).device.type == "cpu"
    np.testing.assert_allclose(loaded.predict(X), model.predict(X), atol=1e-4)


def test_tensors_that_say_they_are_of_a_gpu_are_read_by_a_cpu(tmp_path, monkeypatch):
    model = nn.NeuralRegressor(**FAST, device="cpu").fit(X, Y)
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    model.save(tmp_path / "model.taut")
    monkeypatch.undo()
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(tmp_path / "model.taut", weights_only=True)
    np.testing.assert_array_equal(nn.load(tmp_path / "model.taut").predict(X), model.predict(X))


def test_places_of_files_that_are_none(tmp_path):
    model = nn.NeuralRegressor(**FAST).fit(X, Y)
    for path, error, message in (
        (5, TypeError, "path must be text or a path, got 5"),
        (tmp_path, IsADirectoryError, "is a folder: add the name of a file"),
        (tmp_path / "no" / "model.taut", FileNotFoundError, "does not exist"),
    ):
        with pytest.raises(error, match=message):
            model.save(path)
        with pytest.raises(error, match=message):
            nn.load(path)
    assert not list(tmp_path.parent.glob("*.part"))


def test_descriptions_set_no_other_attributes(tmp_path):
    nn.NeuralRegressor(**FAST).fit(X, Y).save(tmp_path / "model.taut")
    content = torch.load(tmp_path / "model.taut", weights_only=True)
    for name in ("__class__", "predict", "module_"):
        description = json.loads(content["description"])
        description["fitted"][name] = 1
        torch.save(content | {"description": json.dumps(description)}, tmp_path / "other.taut")
        with pytest.raises(ValueError, match=f"'{name}' is no attribute of a fitted model"):
            nn.load(tmp_path / "other.taut")
    torch.save(content["state"], tmp_path / "state.pt")
    with pytest.raises(ValueError, match="it has no description"):
        nn.load(tmp_path / "state.pt")


def test_a_constant_target_is_refused():
    with pytest.raises(ValueError, match=r"a constant, 2\.0 in all 100 rows"):
        nn.NeuralRegressor(**FAST).fit(X, np.full(100, 2.0))
    with pytest.raises(ValueError, match=r"a constant, 1\.0 in all 99 rows"):
        nn.NeuralRegressor(**FAST).fit(X, np.arange(100) > 0, np.arange(100) > 0)
    nn.NeuralRegressor(**FAST).partial_fit(X, np.full(100, 2.0))  # more may come


def test_rows_without_weight_may_have_a_class_of_their_own():
    labels = np.append(LABELS[:-1], "missing")
    model = nn.NeuralClassifier(**FAST, class_weight="balanced")
    model.fit(X, labels, np.arange(100) < 99)
    assert model.classes_.tolist() == ["high", "low"]


def test_files_hold_tensors_of_the_cpu(tmp_path):
    nn.NeuralRegressor(**FAST).fit(X, Y).save(tmp_path / "model.taut")
    content = torch.load(tmp_path / "model.taut", weights_only=True)
    assert content.keys() == {"description", "state"}
    assert {tensor.device.type for tensor in content["state"].values()} == {"cpu"}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("mixing", "mixup", "taut.nn.Mixup"),
        ("widths", 5, "must be a tuple, got 5"),
        ("augmentation", 3, "augmentation must be modules, got 3"),
    ],
)
def test_what_is_no_setting_is_named(name, value, told):
    with pytest.raises(TypeError, match=told):
        nn.NeuralRegressor(**{name: value}).fit(X, Y)


def test_a_star_needs_no_backend_of_keras(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    script = "from taut.nn import *\nimport sys\nprint('keras' in sys.modules, proximal.__name__)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "proximal"], done.stderr


@pytest.mark.parametrize("first", ["fit", "partial_fit"])
def test_a_fit_that_fails_leaves_no_model(first):
    def fail(batch):
        raise RuntimeError("no such change")

    model = nn.NeuralRegressor(**FAST, augmentation=fail)
    with pytest.raises(RuntimeError, match="no such change"):
        getattr(model, first)(X, Y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.set_params(augmentation=None).fit(X, Y)
    whole = getattr(model.set_params(augmentation=None), first)(X, Y).predict(X)
    assert np.isfinite(whole).all()
    with pytest.raises(RuntimeError, match="no such change"):
        model.set_params(augmentation=fail).fit(X, Y)
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_numbers_beyond_single_precision_are_named():
    model = nn.NeuralRegressor(**FAST).fit(X, Y)
    far = X[:3].copy()
    far[1, 2] = 1e300
    with pytest.raises(ValueError, match="single precision, but row 1, column 2"):
        model.predict(far)


def test_batch_normalisation_needs_two_rows():
    model = nn.NeuralRegressor(**FAST | {"batch_size": 1}, batch_norm=True)
    for fit in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="batch_norm needs two rows in every batch"):
            fit(X, Y)


def test_labels_that_are_dates_are_not_saved(tmp_path):
    days = np.where(np.median(Y) < Y, np.datetime64("2020-01-01"), np.datetime64("2021-01-01"))
    model = nn.NeuralClassifier(**FAST).fit(X, days)
    with pytest.raises(ValueError, match="labels that are numbers or text"):
        model.save(tmp_path / "model.taut")
