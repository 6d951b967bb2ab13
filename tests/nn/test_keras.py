"""Penalties in Keras, on its torch backend."""

import os
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
if "keras" not in sys.modules:
    os.environ["KERAS_BACKEND"] = "torch"  # Keras reads it once, when it is imported
keras = pytest.importorskip("keras")
if keras.backend.backend() != "torch":
    pytest.skip("Keras runs on another backend", allow_module_level=True)

import taut  # noqa: E402
from taut import penalties  # noqa: E402
from taut.nn.keras import Proximal, Regularizer  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    keras.utils.set_random_seed(0)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def model(optimizer, n_features=8, width=None, **options):
    layers = [] if width is None else [keras.layers.Dense(width, activation="relu")]
    net = keras.Sequential(
        [keras.layers.Input((n_features,)), *layers, keras.layers.Dense(1, **options)]
    )
    net.compile(optimizer, loss="mse", jit_compile=False)
    return net


def regression(n_samples=60, n_features=8):
    generator = np.random.default_rng(0)
    X = generator.standard_normal((n_samples, n_features))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = X @ np.array([3.0, -2.0, *[0.0] * (n_features - 2)])
    return X, y + generator.standard_normal(n_samples)


STRANGER = keras.layers.Dense(2)
STRANGER.build((None, 3))
OPTIMISERS = {
    "SGD": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.03, momentum=0.8, nesterov=True),
    "Adam": lambda: keras.optimizers.Adam(
        keras.optimizers.schedules.InverseTimeDecay(0.3, 20, 1.0)
    ),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_linear_model_reaches_the_lasso(name):
    X, y = regression()
    lasso = taut.Lasso(alpha=0.2, tol=1e-10).fit(X, y)
    net = model(OPTIMISERS[name]())
    # Keras' loss is twice that of the lasso.
    callback = Proximal({net.layers[-1]: penalties.L1()}, strength=0.4)
    net.fit(X, y, batch_size=60, epochs=200, verbose=0, callbacks=[callback])
    kernel = net.layers[-1].kernel.value.detach().numpy()[:, 0]
    np.testing.assert_allclose(kernel, lasso.coef_, atol=1e-3)
    np.testing.assert_array_equal(kernel == 0, lasso.coef_ == 0)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_whole_units_leave_along_the_last_axis(optimizer):
    X, y = regression()
    net = model(optimizer, width=10)
    net.optimizer.learning_rate = 0.02
    callback = Proximal({net.layers[0]: penalties.MultiTask()}, strength=0.5, axis=-1)
    net.fit(X, y, batch_size=30, epochs=60, verbose=0, callbacks=[callback])
    used = (net.layers[0].kernel.value != 0).sum(0)
    assert set(used.tolist()) == {0, 8}


@pytest.mark.parametrize(
    "penalty",
    [
        penalties.L1(),
        penalties.GroupLasso([0, 0, 1, 1, 2, 2, 3, 3]),
        penalties.SLOPE(),
        penalties.MCP(),
        penalties.L1(weights=[1.0] * 7 + [0.0]) + penalties.L2(),
    ],
    ids=repr,
)
def test_the_regularizer_adds_the_penalty_and_is_saved(penalty, tmp_path):
    X, y = regression()
    net = model("sgd", kernel_regularizer=Regularizer(penalty, 0.3))
    kernel = net.layers[-1].kernel.value.detach()
    expected = float(penalty.scaled_value(kernel, 0.3))
    assert net.losses[0].item() == pytest.approx(expected, rel=1e-6)
    net.fit(X, y, epochs=2, verbose=0)
    net.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert again.layers[-1].kernel_regularizer.penalty == penalty
    np.testing.assert_array_equal(net.predict(X, verbose=0), again.predict(X, verbose=0))


@pytest.mark.parametrize(
    "penalty",
    [
        penalties.NonNegative(),
        penalties.L1() + penalties.Box(-1, 1),
        penalties.L1(weights=[1.0, np.inf]),
        penalties.GroupLasso([0, 1], weights=[1.0, np.inf]) + penalties.L2(),
        taut.nn.MaxNorm(1.0),
    ],
    ids=repr,
)
def test_what_is_infinite_is_no_term_of_a_loss_but_has_a_prox(penalty):
    with pytest.raises(ValueError, match=r"is inf .* pass it to taut\.nn\.keras\.Proximal"):
        Regularizer(penalty)
    X, y = regression(n_features=2)
    net = model("adam", n_features=2)
    net.fit(X, y, verbose=0, callbacks=[Proximal({net.layers[-1]: penalty}, strength=0.1)])
    assert np.isfinite(float(penalty.value(net.layers[-1].kernel.value.detach())))


@pytest.mark.parametrize("name", OPTIMISERS)
def test_loss_scaling_changes_no_zero(name):
    """Steps are those of the optimiser behind that of mixed_float16; one that overflows is none."""
    X, y = regression()
    zeros = []
    for optimizer in (
        OPTIMISERS[name](),
        keras.optimizers.LossScaleOptimizer(OPTIMISERS[name](), initial_scale=2.0**126),
    ):
        net = model(optimizer)
        net.layers[-1].kernel.assign(np.zeros((8, 1)))
        callback = Proximal({net.layers[-1]: penalties.L1()}, strength=0.4)
        net.fit(X, y, batch_size=60, epochs=200, verbose=0, callbacks=[callback])
        zeros.append(net.layers[-1].kernel.value.detach().numpy() == 0)
    assert 0 < zeros[0].sum() < 8
    np.testing.assert_array_equal(*zeros)
    assert 0 < int(optimizer.iterations) < 200


def test_a_model_of_mixed_precision_is_followed():
    X, y = regression()
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        net = model("adam")
        callback = Proximal({net.layers[-1]: penalties.L1()}, 1e6)
        net.fit(X, y, epochs=20, verbose=0, callbacks=[callback])  # the first steps overflow
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    assert type(net.optimizer).__name__ == "LossScaleOptimizer"
    assert not net.layers[-1].kernel.value.any()


def test_the_regularizer_pulls_as_its_gradient_does():
    net = model(keras.optimizers.SGD(0.1), kernel_regularizer=Regularizer(penalties.L2(), 0.5))
    before = net.layers[-1].kernel.value.detach().numpy().copy()
    net.fit(np.zeros((4, 8)), np.zeros(4), epochs=1, verbose=0)
    np.testing.assert_allclose(net.layers[-1].kernel.value.detach(), 0.95 * before, rtol=1e-5)


def test_a_strength_may_follow_the_steps():
    from taut.nn import Annealed

    X, y = regression()
    net = model("sgd")
    callback = Proximal({net.layers[-1]: penalties.L1()}, strength=Annealed(50.0, n_steps=20))
    net.fit(X, y, epochs=15, verbose=0, callbacks=[callback])
    assert not net.layers[-1].kernel.value.any()


def test_bad_arguments_are_refused():
    net = model("sgd")
    layer = net.layers[-1]
    with pytest.raises(TypeError, match=r"must be a taut penalty"):
        Regularizer("l1")
    with pytest.raises(ValueError, match="strength"):
        Regularizer(penalties.L1(), -1.0)
    with pytest.raises(TypeError, match="must be a dict"):
        Proximal(penalties.L1())
    with pytest.raises(TypeError, match="must be Keras layers"):
        Proximal({"dense": penalties.L1()})
    with pytest.raises(ValueError, match="strength"):
        Proximal({layer: penalties.L1()}, strength=-1.0)
    for make in (Regularizer, lambda penalty, axis: Proximal({layer: penalty}, axis=axis)):
        with pytest.raises(TypeError, match="axis must be a whole number, got 'units'"):
            make(penalties.L1(), axis="units")
    with pytest.raises(ValueError, match=r"axis must be one of the kernel's, .* got 2"):
        Regularizer(penalties.L1(), axis=2)(np.ones((3, 4)))
    X, y = regression()
    with pytest.raises(ValueError, match=r"axis must be one of the kernel's, .* got -3"):
        net.fit(X, y, verbose=0, callbacks=[Proximal({layer: penalties.L1()}, axis=-3)])


@pytest.mark.parametrize(
    ("make", "key", "error", "message"),
    [
        (lambda: model("rmsprop"), None, TypeError, "RMSprop cannot be followed"),
        (
            lambda: model("sgd", kernel_regularizer=Regularizer(penalties.L1())),
            None,
            ValueError,
            "penalised twice",
        ),
        (lambda: model("sgd"), keras.layers.Dense(2), ValueError, "no kernel"),
        (lambda: model("sgd"), STRANGER, ValueError, "does not train"),
        (lambda: model(keras.optimizers.SGD(use_ema=True)), None, ValueError, "use_ema"),
    ],
    ids=["optimiser", "twice", "not built", "a stranger", "averages"],
)
def test_what_cannot_be_is_refused_when_training_begins(make, key, error, message):
    X, y = regression()
    net = make()
    callback = Proximal({key or net.layers[-1]: penalties.L1()})
    with pytest.raises(error, match=message):
        net.fit(X, y, verbose=0, callbacks=[callback])


def test_the_prox_follows_steps_and_not_batches():
    net = model(keras.optimizers.SGD(0.1, gradient_accumulation_steps=3))
    kernel = net.layers[-1].kernel
    kernel.assign(np.full(kernel.shape, 5.0))
    callback = Proximal({net.layers[-1]: penalties.L1()}, strength=0.5)
    X = np.zeros((60, 8))
    net.fit(X, np.zeros(60), batch_size=10, epochs=1, verbose=0, callbacks=[callback])
    np.testing.assert_allclose(kernel.value.detach(), 5.0 - 2 * 0.1 * 0.5, rtol=1e-6)


def test_the_prox_takes_the_rate_of_its_own_step():
    """A schedule has moved on when the callback looks."""
    rates = keras.optimizers.schedules.PiecewiseConstantDecay([0], [1.0, 0.5])
    net = model(keras.optimizers.SGD(rates))
    kernel = net.layers[-1].kernel
    kernel.assign(np.full(kernel.shape, 5.0))
    callback = Proximal({net.layers[-1]: penalties.L1()}, strength=0.1)
    net.fit(
        np.zeros((20, 8)), np.zeros(20), batch_size=10, epochs=1, verbose=0, callbacks=[callback]
    )
    np.testing.assert_allclose(kernel.value.detach(), 5.0 - 0.1 - 0.05, rtol=1e-6)


@pytest.mark.parametrize("optimizer", [keras.optimizers.SGD(3.0), keras.optimizers.Adam(1e-3)])
def test_a_step_that_may_reach_gamma_is_refused(optimizer):
    X, y = regression()
    net = model(optimizer)
    callback = Proximal({net.layers[-1]: penalties.MCP(3.0)})
    with pytest.raises(ValueError, match="step of MCP must stay below gamma = 3"):
        net.fit(X, y, verbose=0, callbacks=[callback])


def test_mcp_follows_steps_below_gamma():
    X, y = regression()
    net = model(keras.optimizers.SGD(0.1))
    callback = Proximal({net.layers[-1]: penalties.MCP(3.0)}, strength=50.0)
    net.fit(X, y, epochs=2, verbose=0, callbacks=[callback])
    assert not net.layers[-1].kernel.value.any()
