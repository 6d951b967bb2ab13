"""Denoising: the lasso in a wavelet basis, noise that is estimated, all methods at work."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.estimator_checks import parametrize_with_checks

import taut
from taut import penalties
from taut.applications import WaveletDenoiser, denoise
from taut.applications.denoising import calibration, wavelet_denoiser
from taut.applications.denoising.calibration import mosaic
from taut.applications.denoising.denoise import METHODS
from taut.applications.denoising.noise import estimate_noise
from taut.applications.denoising.thresholds import sure
from taut.applications.denoising.total_variation import total_variation
from taut.applications.denoising.wavelets import Orthogonal, Undecimated

pytest.importorskip("pywt")


def picture(shape=(64, 64)):
    """Edges and slopes, from 0 to 255."""
    places = np.indices(shape) / np.reshape(shape, (-1, *[1] * len(shape)))
    waves = np.sin(7 * places.sum(axis=0)) + (places[0] > 0.4) + 2.0 * (places[-1] > 0.6)
    return 255 * (waves - waves.min()) / np.ptp(waves)


def noisy(truth, sigma=25.0, seed=0):
    return truth + sigma * np.random.default_rng(seed).standard_normal(truth.shape)


def error(image, truth):
    return float(np.sqrt(np.mean((image - truth) ** 2)))


@pytest.mark.parametrize("shape", [(512,), (64, 60), (16, 20, 17)], ids=["1-D", "2-D", "3-D"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_removes_most_of_the_noise(method, shape):
    truth = picture(shape)
    clean = denoise(noisy(truth), method)
    assert clean.shape == shape
    assert error(clean, truth) < 0.75 * 25


@pytest.mark.parametrize("method", METHODS)
def test_colour_is_denoised_better_than_its_channels_one_by_one(method):
    grey = picture((48, 48))
    truth = np.stack([grey, 0.8 * grey + 20, 255 - grey])
    image = noisy(truth)
    joint = denoise(image, method, sigma=25, channel_axis=0)
    apart = np.stack([denoise(plane, method, sigma=25) for plane in image])
    assert error(joint, truth) < error(apart, truth)
    last = denoise(np.moveaxis(image, 0, -1), method, sigma=25, channel_axis=-1)
    assert_allclose(np.moveaxis(last, -1, 0), joint)


@pytest.mark.parametrize("strength", [0.5, 2.0])
def test_the_orthogonal_soft_threshold_is_the_exact_lasso(strength):
    n, sigma = 64, 2.0
    y = noisy(np.sin(np.arange(n) / 5) * 10, sigma)
    frame = Orthogonal("db4", 3)
    # Columns of the inverse transform: the images of unit coefficients.
    unit = [frame.analyse(row[None]) for row in np.eye(n)]
    W = np.stack([np.concatenate([np.ravel(c[0]), *(c[k]["d"].ravel() for k in (1, 2, 3))])
                  for c in unit], axis=1)  # fmt: skip
    assert_allclose(W @ W.T, np.eye(n), atol=1e-10)
    weights = np.r_[np.zeros(n // 8), np.ones(n - n // 8)]
    path = taut.fit_path(
        W.T, y, penalty=penalties.L1(weights), alphas=[strength * sigma / n],
        fit_intercept=False, tol=1e-12,
    )  # fmt: skip
    threshold = [{"d": strength * sigma}] * 3
    assert_allclose(frame.shrunk(y[None], threshold)[0], W.T @ path.coefs[:, 0], atol=1e-8)


def test_without_free_approximation_it_is_taut_lasso():
    y = noisy(np.zeros(32), 1.0)
    frame = Orthogonal("haar", 5)
    unit = [frame.analyse(row[None]) for row in np.eye(32)]
    W = np.stack(
        [np.concatenate([c[0].ravel(), *(p["d"].ravel() for p in c[1:])]) for c in unit], 1
    )
    y -= y.mean()  # the approximation of five levels is the mean
    model = taut.Lasso(alpha=0.8 / 32, fit_intercept=False, tol=1e-12).fit(W.T, y)
    expected = frame.shrunk(y[None], [{"d": 0.8}] * 5)[0]
    assert_allclose(W.T @ model.coef_, expected, atol=1e-8)


@pytest.mark.parametrize("sigma", [2.0, 15.0, 50.0])
def test_noise_is_estimated(sigma):
    assert estimate_noise(noisy(picture((128, 128)), sigma)) == pytest.approx(sigma, rel=0.06)


@settings(max_examples=15, deadline=None)
@given(
    scale=st.floats(1e-3, 1e3),
    shift=st.floats(-1e3, 1e3),
    method=st.sampled_from(["patches", "wavelet", "wavelet_undecimated"]),
)
def test_units_do_not_matter(scale, shift, method):
    image = noisy(picture((24, 24)))
    moved = denoise(scale * image + shift, method)
    assert_allclose(moved, scale * denoise(image, method) + shift, rtol=1e-3, atol=0.05 * scale)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 100))
def test_undecimated_shrinkage_moves_with_the_image(seed):
    image = noisy(picture((32, 32)), seed=seed)
    moved = denoise(np.roll(image, 3, axis=1), "wavelet_undecimated", strength=2.0, sigma=25)
    still = denoise(image, "wavelet_undecimated", strength=2.0, sigma=25)
    assert_allclose(moved, np.roll(still, 3, axis=1), atol=1e-8)


def test_sure_finds_the_threshold_of_least_risk():
    rng = np.random.default_rng(0)
    truth = rng.laplace(scale=2.0, size=20_000)
    band = truth + rng.standard_normal(truth.size)
    grid = np.linspace(0, 3, 61)
    risks = [np.mean((np.sign(band) * np.maximum(abs(band) - t, 0) - truth) ** 2) for t in grid]
    chosen = sure(band, band.size)
    risk = np.mean((np.sign(band) * np.maximum(abs(band) - chosen, 0) - truth) ** 2)
    assert risk < min(risks) * 1.005


@pytest.mark.parametrize("rule", ["sure", "j_invariant", taut.CV(2), taut.AIC()], ids=str)
@pytest.mark.parametrize("method", ["patches", "total_variation"])
def test_calibrated_strengths_are_nearly_the_best(method, rule):
    truth = picture((48, 48))
    image = noisy(truth)
    best = min(error(denoise(image, method, strength=s), truth) for s in (0.3, 0.6, 1, 2, 3, 4))
    assert error(denoise(image, method, strength=rule), truth) < 1.1 * best


def test_rules_are_ordered_as_their_prices_are():
    """Each asks for a stronger penalty than the one before, which leaves less total variation."""
    image = noisy(picture((32, 32)))
    rules = [taut.CV(4), taut.CV(4, "1se")], [taut.AIC(), taut.BIC(), taut.EBIC()]
    for family in rules:
        lengths = [
            total_variation(denoise(image, "total_variation", strength=rule)) for rule in family
        ]
        assert lengths == sorted(lengths, reverse=True)
        assert len(set(lengths)) == len(family)


def test_names_stand_for_rules():
    image = noisy(picture((32, 32)))
    for name, rule in (("sure", taut.AIC()), ("j_invariant", taut.CV(4))):
        assert_array_equal(denoise(image, strength=name), denoise(image, strength=rule))


def test_a_strength_is_chosen_on_parts_of_a_large_image():
    truth = picture((400, 700))
    parts = mosaic(truth)
    assert parts.shape == (256, 256)
    assert set(parts[0]) <= set(truth[0])
    assert_array_equal(mosaic(truth[:200, :200]), truth[:200, :200])


def test_progress_is_told_trial_by_trial(monkeypatch):
    asked = []

    def tracked(steps, verbose, description):
        asked.append((verbose, description))
        return iter(steps)

    monkeypatch.setattr("taut.applications.denoising.calibration.tracked", tracked)
    image = noisy(picture((16, 16)))
    loud = denoise(image, strength="sure", verbose=True)
    assert_array_equal(denoise(image, strength="sure"), loud)
    assert asked == [(True, "strengths"), (False, "strengths")]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_a_constant_image_comes_back(method, dtype):
    image = np.full((16, 16), 7, dtype=dtype)
    clean = denoise(image, method)
    assert_array_equal(clean, image)
    assert clean.dtype == (np.float32 if dtype == np.float32 else np.float64)


def test_zero_strength_changes_nothing():
    image = noisy(picture((16, 16)))
    for method in ("wavelet", "wavelet_undecimated", "total_variation"):
        assert_allclose(denoise(image, method, strength=0.0), image, atol=1e-8)


BAD = {
    "nan": (lambda x: (np.where(x > 250, np.nan, x),), {}, "image must be finite, got nan at"),
    "complex": (lambda x: (x + 1j,), {}, "real numbers"),
    "text": (lambda x: (x.astype(str),), {}, "real numbers"),
    "thin": (lambda x: (x[:2],), {}, "at least 4 samples"),
    "four axes": (lambda x: (np.ones((5, 5, 5, 5)),), {}, "one to three axes"),
    "hidden colour": (lambda x: (np.stack([x] * 3, -1),), {}, "pass channel_axis=2"),
    "wrong channel axis": (
        lambda x: (np.stack([x] * 3, -1),), {"channel_axis": 0}, "pass channel_axis=2"
    ),
    "wrong channel axis of a small image": (
        lambda x: (np.stack([x[:32, :32]] * 3),), {"channel_axis": -1}, "pass channel_axis=0"
    ),
    "no such axis": (lambda x: (x,), {"channel_axis": 5}, "from -2 to 1"),
    "axis of text": (lambda x: (x,), {"channel_axis": "last"}, "whole number or None"),
    "method": (lambda x: (x, "wavelets"), {}, "did you mean 'wavelet'"),
    "rule": (lambda x: (x,), {"strength": "bayes"}, "strength for method='patches'"),
    "strength": (lambda x: (x,), {"strength": -1.0}, "strength must be finite and >= 0"),
    "sigma": (lambda x: (x,), {"sigma": np.nan}, "sigma must be finite"),
    "folds": (lambda x: (x,), {"strength": taut.CV([([0], [1])])}, "a number of folds"),
    "variance": (lambda x: (x,), {"strength": taut.BIC(2.0)}, "as sigma"),
    "verbose": (lambda x: (x,), {"verbose": "yes"}, "verbose must be"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    make, options, message = BAD[case]
    with pytest.raises((TypeError, ValueError), match=message.replace("(", r"\(")):
        denoise(*make(picture((40, 40))), **options)


def test_a_missing_library_names_the_extra():
    script = """
import sys
sys.modules["pywt"] = None
from taut.applications import denoise
try:
    denoise([1.0, 2.0, 1.0, 5.0, 3.0])
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert 'pip install "taut[applications]"' in done.stdout, done.stderr


@parametrize_with_checks([WaveletDenoiser(), WaveletDenoiser(basis="orthogonal", strength="sure")])
def test_scikit_learn_accepts_the_transformer(estimator, check):
    check(estimator)


@pytest.mark.parametrize("basis", ["orthogonal", "cycle_spun", "undecimated"])
def test_the_transformer_denoises_images_in_rows(basis):
    truth = np.stack([picture((32, 32)) * scale for scale in (0.5, 0.8, 1.0)]).reshape(3, -1)
    rows = noisy(truth)
    model = WaveletDenoiser(basis=basis, sample_shape=(32, 32)).fit(rows)
    assert model.sigma_ == pytest.approx(25, rel=0.1)
    assert error(model.transform(rows), truth) < 0.75 * 25
    assert {len(level) for level in model.thresholds_} == {3}


@pytest.mark.parametrize("rule", [taut.CV(3, "1se"), taut.CV(3), taut.AIC(), taut.BIC()], ids=str)
def test_the_transformer_takes_the_rules_of_regressions(rule):
    truth = picture((128,)) * np.linspace(0.5, 1, 6)[:, None]
    rows = noisy(truth)
    model = WaveletDenoiser(strength=rule).fit(rows)
    assert error(model.transform(rows), truth) < 0.75 * 25
    found = {threshold for level in model.thresholds_ for threshold in level.values()}
    assert len(found) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strength": taut.EBIC(noise_variance=1.0)}, "as sigma"),
        ({"wavelet": "db44"}, "wavelet must be one of its names"),
        ({"wavelet": "bior2.2"}, "orthogonal"),
        ({"levels": 9}, "levels must be at most 6"),
        ({"sample_shape": (5, 5)}, "which holds 25"),
        ({"sample_shape": (-8, -8)}, "sample_shape must be one to three lengths"),
        ({"basis": "dual"}, "basis"),
        ({"strength": "j_invariant"}, "strength"),
    ],
)
def test_bad_parameters_of_the_transformer_are_named(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        WaveletDenoiser(**options).fit(np.random.default_rng(0).normal(size=(4, 64)))


@pytest.mark.slow
@pytest.mark.parametrize(("sigma", "least"), [(15, 30.7), (25, 28.2), (50, 25.2)])
def test_the_default_on_twelve_photographs(data_folder, sigma, least):
    imageio = pytest.importorskip("PIL.Image")
    ratios = []
    for k, file in enumerate(sorted((data_folder / "images_set12").glob("*.png"))):
        truth = np.asarray(imageio.open(file), dtype=np.float64)
        clean = np.clip(denoise(noisy(truth, sigma, seed=k)), 0, 255)
        ratios.append(20 * np.log10(255 / error(clean, truth)))
    assert len(ratios) == 12
    assert np.mean(ratios) > least


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_beside_flat_parts(dtype):
    image = np.zeros((160, 160), dtype=dtype)
    image[50:110] = noisy(np.tile(np.linspace(0, 255, 160), (60, 1)), 15.0)
    assert estimate_noise(image) == pytest.approx(15.0, rel=0.06)
    assert np.std(denoise(image)[50:110] - image[50:110]) > 7.0


def test_edges_alone_are_no_noise():
    image = np.zeros((64, 64))
    image[10:30, 20:40] = 1.0
    assert estimate_noise(image) == estimate_noise(np.arange(64.0)) == 0.0
    with pytest.warns(UserWarning, match="no noise was found.*pass sigma"):
        assert_array_equal(denoise(image), image)


@pytest.mark.parametrize("method", ["patches", "wavelet", "total_variation"])
def test_single_precision_near_its_end(method):
    image = noisy(picture()).astype(np.float32) / np.float32(255)
    size = np.float32(1e38)
    assert_allclose(denoise(size * image, method) / size, denoise(image, method), atol=1e-4)


@pytest.mark.parametrize("shape", [(96,), (40, 64), (16, 24, 16)], ids=["1-D", "2-D", "3-D"])
def test_one_level_at_a_time_is_the_stationary_transform(shape):
    pywt = pytest.importorskip("pywt")
    image, axes = noisy(picture(shape)), tuple(range(1, len(shape) + 1))
    frame = Undecimated("db2", 3)
    coefs = pywt.swtn(image[None], "db2", 3, axes=axes, trim_approx=True)
    for bands in coefs[1:]:
        for name, band in bands.items():
            bands[name] = pywt.threshold(band, 20.0, "soft")
    expected = pywt.iswtn(coefs, "db2", axes=axes)[0]
    assert_allclose(frame.shrunk_by(image[None], 20.0)[0], expected, atol=1e-9)
    rule = lambda band, n_samples: float(np.mean(np.abs(band)))  # noqa: E731
    coefs = pywt.swtn(image[None], "db2", 3, axes=axes, trim_approx=True)
    for found, bands in zip(frame.thresholds(image[None], rule), coefs[1:], strict=True):
        assert found == {name: pytest.approx(rule(band, 0)) for name, band in bands.items()}


@pytest.mark.parametrize("method", ["patches", "wavelet", "wavelet_undecimated"])
def test_memory_is_a_small_multiple_of_the_image(method):
    image = noisy(picture((256, 256)))
    denoise(image[:64, :64], method)
    tracemalloc.start()
    denoise(image, method)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25 * image.nbytes


def test_rows_are_denoised_a_block_at_a_time():
    X = np.random.default_rng(0).standard_normal((300, 2048))
    model = WaveletDenoiser(levels=5).fit(X)
    tracemalloc.start()
    whole = model.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 9 * X.nbytes
    assert_allclose(model.transform(X[140:150]), whole[140:150], atol=1e-12)


def test_the_transformer_tells_its_progress(monkeypatch):
    told = []

    def tracked(steps, verbose, description):
        told.append((verbose, description))
        return iter(steps)

    for module in (wavelet_denoiser, calibration):
        monkeypatch.setattr(module, "tracked", tracked)
    X = np.random.default_rng(0).standard_normal((10, 64))
    WaveletDenoiser(strength=taut.AIC(), verbose=True).fit_transform(X)
    assert told == [(True, "strengths"), (True, "rows")]


def test_the_benchmark_says_where_images_are_missing(tmp_path, monkeypatch, capsys):
    benchmark = pytest.importorskip("benchmarks.denoising", reason="run from the repository")
    monkeypatch.setattr(sys, "argv", ["denoising", str(tmp_path)])
    with pytest.raises(SystemExit):
        benchmark.main()
    assert "must hold grey images named *.png" in capsys.readouterr().err


def test_a_missing_sample_of_a_row_is_named():
    X = np.ones((3, 64))
    X[1, 7] = np.nan
    with pytest.raises(ValueError, match="row 1, column 7"):
        WaveletDenoiser().fit(X)
