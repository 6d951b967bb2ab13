"""The loop: when it stops, what it keeps, what it costs."""

import time
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from sklearn.model_selection import KFold, TimeSeriesSplit  # noqa: E402
from skorch.callbacks import Callback  # noqa: E402

import taut  # noqa: E402
from taut import nn  # noqa: E402
from taut.nn.estimators.networks import convolutional_network, multilayer_perceptron  # noqa: E402
from taut.nn.estimators.stochastic_depth import StochasticDepth  # noqa: E402
from taut.nn.training import early_stopping  # noqa: E402
from taut.nn.training.batches import Batches, Rows  # noqa: E402
from taut.nn.training.loop import TrainingNet  # noqa: E402
from taut.nn.training.losses import CrossEntropy, HalfSquaredError  # noqa: E402
from taut.nn.training.mixing import CutMix, Mixup  # noqa: E402
from taut.nn.training.splitting import held_back  # noqa: E402

torch.set_num_threads(1)
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(120, 30))
Y = X[:, 0] + RANDOM.normal(size=120)
LABELS = (Y > 0).astype(int)
WIDE = {"widths": (64,), "learning_rate": 0.01, "random_state": 0}


class At(Callback):
    """Does something at the end of an epoch, or in its middle."""

    def __init__(self, epoch, action):
        self.epoch, self.action = epoch, action

    def on_batch_end(self, net, **kwargs):
        if len(net.history) == self.epoch:
            self.action(net)


def trained(monkeypatch, epoch, action, **settings):
    """A regressor whose training is disturbed in an epoch."""
    plain = TrainingNet.__init__

    def disturbed(self, *arguments, callbacks, **named):
        plain(self, *arguments, callbacks=[*callbacks, At(epoch, action)], **named)

    monkeypatch.setattr(TrainingNet, "__init__", disturbed)
    model = nn.NeuralRegressor(**WIDE | {"max_epochs": 30} | settings)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", taut.ConvergenceWarning)
        model.fit(X, Y)
    (told,) = [str(item.message) for item in caught]
    return model, told


def interrupt(net):
    raise KeyboardInterrupt


def poison(net):
    with torch.no_grad():
        next(net.module_.parameters()).fill_(float("nan"))


def test_the_best_weights_are_restored_by_default():
    model = nn.NeuralRegressor(**WIDE).fit(X, Y)
    losses = model.history_["valid_loss"]
    assert model.best_epoch_ == 1 + int(np.argmin(losses))
    assert len(losses) == model.n_iter_ == model.best_epoch_ + 20
    assert "20 epochs" in model.stopped_
    _, held = held_back(nn.EarlyStopping(), Y, False, model._seed)
    scaled = (Y[held] - model.target_offset_) / model.target_scale_
    found = (model.predict(X[held]) - model.target_offset_) / model.target_scale_
    assert np.mean((scaled - found) ** 2) / 2 == pytest.approx(min(losses), rel=1e-4)
    without = nn.NeuralRegressor(**WIDE, max_epochs=60, early_stopping=False).fit(X, Y)
    assert "valid_loss" not in without.history_
    assert without.best_epoch_ == without.n_iter_ == 60


def test_accuracy_can_be_monitored():
    stopping = nn.EarlyStopping(patience=5, monitor="accuracy", validation=0.3)
    model = nn.NeuralClassifier(**WIDE, early_stopping=stopping).fit(X, LABELS)
    assert model.best_epoch_ == 1 + int(np.argmax(model.history_["valid_accuracy"]))


@pytest.mark.parametrize("disturbance", [interrupt, poison])
def test_the_best_weights_survive_a_disturbance(monkeypatch, disturbance):
    model, told = trained(monkeypatch, 12, disturbance)
    losses = model.history_["valid_loss"]
    assert "stopped in epoch 12" in told
    assert ("interrupted" in told) == (disturbance is interrupt)
    assert ("not finite" in told) == (disturbance is poison)
    assert model.best_epoch_ == 1 + int(np.nanargmin(losses)) < 12
    assert f"after epoch {model.best_epoch_}" in told
    undisturbed = nn.NeuralRegressor(**WIDE, max_epochs=model.best_epoch_)
    monkeypatch.undo()
    np.testing.assert_array_equal(model.predict(X), undisturbed.fit(X, Y).predict(X))


@pytest.mark.parametrize(("epoch", "early_stopping"), [(3, False), (1, False), (1, True)])
def test_an_interrupt_keeps_the_last_weights_where_none_are_known_to_be_best(
    monkeypatch, epoch, early_stopping
):
    settings = {"early_stopping": early_stopping, "batch_size": 10}
    model, told = trained(monkeypatch, epoch, interrupt, **settings)
    assert f"stopped in epoch {epoch}: interrupted. The weights of that moment are kept" in told
    assert model.best_epoch_ == epoch - 1
    monkeypatch.undo()
    moment = model.predict(X)
    for whole in {1, epoch - 1, epoch} - {0}:
        others = nn.NeuralRegressor(**WIDE | settings, max_epochs=whole).fit(X, Y)
        assert np.abs(others.predict(X) - moment).max() > 1e-3


def test_an_interrupt_while_weights_are_kept_does_not_mix_them(monkeypatch):
    plain, calls = early_stopping._copy, []

    def copy(source, target):
        calls.append(None)
        plain(dict(list(source.items())[:1]) if len(calls) == 3 else source, target)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(early_stopping, "_copy", copy)
    with pytest.warns(taut.ConvergenceWarning, match="interrupted") as caught:
        model = nn.NeuralRegressor(**WIDE).fit(X, Y)
    assert len(caught) == 1
    monkeypatch.undo()
    undisturbed = nn.NeuralRegressor(**WIDE, max_epochs=model.best_epoch_).fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), undisturbed.predict(X))


def test_an_error_ends_the_progress_bar(monkeypatch):
    pytest.importorskip("rich")
    from taut.nn.training.progress import Progress

    ended, plain = [], Progress.on_train_end

    def end(self, net, **kwargs):
        plain(self, net)
        ended.append(self.bar.finished or not self.bar.live.is_started)

    def fail(batch):
        raise RuntimeError("no such change")

    monkeypatch.setattr(Progress, "on_train_end", end)
    with pytest.raises(RuntimeError, match="no such change"):
        nn.NeuralRegressor(**WIDE, augmentation=fail, verbose=True).fit(X, Y)
    assert ended == [True]


def test_without_rows_held_back_the_last_sound_weights_survive(monkeypatch):
    model, told = trained(monkeypatch, 12, poison, early_stopping=False)
    assert "not finite" in told
    assert model.best_epoch_ < 12
    assert model.score(X, Y) > 0.5


@pytest.mark.parametrize("early_stopping", [True, False])
def test_an_exploding_step_ends_training(early_stopping):
    settings = WIDE | {"learning_rate": 1e4, "optimizer": "sgd"}
    model = nn.NeuralRegressor(**settings, early_stopping=early_stopping)
    with pytest.warns(taut.ConvergenceWarning, match=r"(exploded|not finite).*gradient_clip"):
        model.fit(X, Y)
    assert model.n_iter_ < 5
    assert np.abs(model.predict(X)).max() < 1e3


@pytest.mark.parametrize("early_stopping", [True, False])
def test_a_loss_that_is_infinite_from_the_start_ends_training(early_stopping):
    settings = WIDE | {"standardize": False, "early_stopping": early_stopping}
    with pytest.warns(taut.ConvergenceWarning, match="the loss is not finite: inf"):
        model = nn.NeuralRegressor(**settings).fit(X, 1e30 * Y)
    assert (model.n_iter_, model.best_epoch_) == (1, 0)


def test_gradients_are_clipped():
    settings = WIDE | {"learning_rate": 1.0, "optimizer": "sgd", "max_epochs": 1}
    settings |= {"early_stopping": False, "batch_size": None}
    before = nn.NeuralRegressor(**settings | {"learning_rate": 1e-12}).fit(X, Y)
    after = nn.NeuralRegressor(**settings, gradient_clip=1e-3).fit(X, Y)
    moves = zip(before.module_.parameters(), after.module_.parameters(), strict=True)
    length = sum((a - b).square().sum().item() for a, b in moves) ** 0.5
    # Nesterov's first step is 1.9 times the gradient.
    assert length == pytest.approx(1.9e-3, rel=1e-2)


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine"])
def test_schedules_end_at_zero(schedule, monkeypatch):
    rates = []
    monkeypatch.setattr(
        TrainingNet,
        "train_step",
        lambda net, batch, plain=TrainingNet.train_step: (
            rates.append(net.optimizer_.param_groups[0]["lr"]) or plain(net, batch)
        ),
    )
    nn.NeuralRegressor(
        widths=(4,), schedule=schedule, max_epochs=25, learning_rate=0.02, early_stopping=False
    ).fit(X, Y)
    assert max(rates) == pytest.approx(0.02, rel=0.02)
    assert rates[-1] < 0.02 / 50
    assert (rates[0] < 0.001) == (schedule == "one_cycle")


@pytest.mark.parametrize("average", [nn.EMA(0.9), nn.SWA(0.5)])
def test_averages_are_those_of_the_weights(average, monkeypatch):
    steps = []
    plain = TrainingNet.train_step

    def recorded(net, batch):
        found = plain(net, batch)
        steps.append(net.module_.output.weight.detach().clone())
        return found

    monkeypatch.setattr(TrainingNet, "train_step", recorded)
    model = nn.NeuralRegressor(
        (), averaging=average, max_epochs=20, learning_rate=0.05, early_stopping=False
    ).fit(X, Y)
    if isinstance(average, nn.SWA):
        expected = torch.stack(steps[10:]).mean(dim=0)
    else:
        expected = steps[0]
        for count, weights in enumerate(steps[1:], start=1):
            kept = min(0.9, (1 + count) / (10 + count))
            expected = kept * expected + (1 - kept) * weights
    torch.testing.assert_close(model.module_.output.weight.detach(), expected)


def test_zeros_stay_zero_in_averages():
    settings = {"averaging": nn.EMA(0.5), "penalty": taut.penalties.L1(), "alpha": 0.3}
    model = nn.NeuralRegressor((), max_epochs=300, early_stopping=False, **settings).fit(X, Y)
    assert 10 < np.sum(model.input_weights_ == 0) < 30


def test_mixtures_have_the_loss_of_mixed_labels():
    inputs = torch.randn(6, 3, 8, 8)
    for mix in (Mixup(1.0), CutMix()):
        torch.manual_seed(3)
        mixed = mix(inputs)
        assert 0 <= mixed.share <= 1
        if isinstance(mix, Mixup):
            expected = mixed.share * inputs + (1 - mixed.share) * inputs[mixed.partner]
            torch.testing.assert_close(mixed.inputs, expected)
        else:
            same = (mixed.inputs == inputs).all(dim=1)
            swapped = (mixed.inputs == inputs[mixed.partner]).all(dim=1)
            assert (same | swapped).all()
            moved = mixed.partner != torch.arange(6)
            assert same[moved].float().mean().item() == pytest.approx(mixed.share)
    logits, labels, partner = (
        torch.randn(6, 4),
        torch.tensor([0, 1, 2, 3, 0, 1]),
        torch.arange(5, -1, -1),
    )
    onehot = torch.nn.functional.one_hot(labels, 4).float()
    loss = CrossEntropy()
    blended = 0.3 * loss(logits, labels) + 0.7 * loss(logits, labels[partner])
    torch.testing.assert_close(loss(logits, 0.3 * onehot + 0.7 * onehot[partner]), blended)
    with pytest.raises(ValueError, match="use Mixup for tables"):
        CutMix()(torch.zeros(3, 2))


def test_labels_are_smoothed_while_training_only():
    loss = CrossEntropy(label_smoothing=0.5)
    logits, labels = torch.tensor([[5.0, 0.0]]), torch.tensor([0])
    plain = CrossEntropy()(logits, labels)
    torch.testing.assert_close(loss.eval()(logits, labels), plain)
    expected = 0.75 * plain + 0.25 * CrossEntropy()(logits, torch.tensor([1]))
    torch.testing.assert_close(loss.train()(logits, labels), expected)


def test_losses_weigh_rows():
    prediction, target = torch.zeros(2, 2), torch.tensor([[1.0, 2.0], [3.0, 0.0]])
    weights = torch.tensor([0.5, 1.5])
    assert HalfSquaredError()(prediction, target, weights).item() == pytest.approx(
        (0.5 * 5 + 1.5 * 9) / 4
    )


def test_stochastic_depth_keeps_the_mean():
    torch.manual_seed(0)
    drop = StochasticDepth(0.25)
    branch = torch.ones(4000, 2, 3)
    dropped = drop(branch)
    assert dropped.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert (dropped == dropped[:, :1, :1]).all()
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.05)
    assert drop.eval()(branch) is branch
    network = convolutional_network(1, 2, (2, 4), stochastic_depth=0.5)
    assert network(torch.zeros(3, 1, 8, 8)).shape == (3, 2)


@pytest.mark.parametrize("batch_size", [1, 7, 40, 41, None])
def test_batches_hold_every_row_once(batch_size):
    rows = Rows(torch.arange(41), torch.arange(41))
    batches = list(Batches(rows, batch_size, shuffle=True))
    sizes = [len(batch.inputs) for batch in batches]
    assert sorted(torch.cat([batch.inputs for batch in batches]).tolist()) == list(range(41))
    assert all(torch.equal(batch.inputs, batch.targets) for batch in batches)
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= (batch_size or 41)


def test_rows_are_held_back_as_asked():
    train, held = held_back(nn.EarlyStopping(validation=0.25), LABELS, True, 0)
    assert sorted([*train, *held]) == list(range(120))
    assert len(held) == 30
    assert abs(LABELS[held].mean() - LABELS.mean()) < 0.02
    train, held = held_back(nn.EarlyStopping(validation=TimeSeriesSplit(3)), Y, False, 0)
    assert train.max() < held.min()
    assert held.max() == 119
    pairs = list(KFold(4).split(X))
    found = held_back(nn.EarlyStopping(validation=pairs), Y, False, 0)
    np.testing.assert_array_equal(found[1], pairs[-1][1])
    masks = [(np.arange(120) >= 40, np.arange(120) < 40)]
    train, held = held_back(nn.EarlyStopping(validation=masks), Y, False, 0)
    assert (held.tolist(), train.tolist()) == (list(range(40)), list(range(40, 120)))


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ([], "gives no split"),
        (iter([]), "gives no split"),
        ([(range(40), range(40, 120))], "must split the 50 rows"),
        ([(range(40), range(-5, 0))], "goes from row -5 to -1"),
        ([(range(40), range(39, 50))], "1 in both parts, such as row 39"),
        ([(range(40), [])], "last validation part"),
        ([(range(40), [True, False])], "a mask of 50"),
    ],
)
def test_splits_that_hold_nothing_back(splits, message):
    with pytest.raises(ValueError, match=message):
        held_back(nn.EarlyStopping(validation=splits), Y[:50], False, 0)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"patience": 0}, ValueError),
        ({"validation": 1.0}, ValueError),
        ({"validation": "half"}, TypeError),
        ({"monitor": "r2"}, ValueError),
    ],
)
def test_bad_settings_of_early_stopping(settings, error):
    with pytest.raises(error, match=next(iter(settings))):
        nn.EarlyStopping(**settings)


@pytest.mark.parametrize("make", [lambda: nn.EMA(1.0), lambda: nn.SWA(1.0), lambda: nn.Mixup(0.0)])
def test_bad_settings_of_averages_and_mixtures(make):
    with pytest.raises(ValueError, match=r"decay|start|alpha"):
        make()


def test_progress_needs_rich(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rich", None)
    with pytest.raises(ImportError, match=r"taut\[compare\]"):
        nn.NeuralRegressor(verbose=True).fit(X, Y)


def test_progress_is_shown(capsys):
    pytest.importorskip("rich")
    nn.NeuralRegressor(widths=(2,), max_epochs=3, verbose=True).fit(X, Y)
    assert "3/3" in capsys.readouterr().out


def test_the_history_is_drawn():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    model = nn.NeuralRegressor(**WIDE).fit(X, Y)
    display = model.plot_history()
    np.testing.assert_allclose(display.train_line_.get_ydata(), model.history_["train_loss"])
    np.testing.assert_allclose(display.valid_line_.get_ydata(), model.history_["valid_loss"])
    written = [text.get_text() for text in display.ax_.texts]
    assert f"weights kept: epoch {model.best_epoch_}" in written
    alone = nn.NeuralRegressor(widths=(2,), max_epochs=3, early_stopping=False).fit(X, Y)
    assert alone.plot_history(display.ax_).valid_line_ is None
    with pytest.raises(AttributeError, match="fit it first"):
        nn.NeuralRegressor().plot_history()


@pytest.mark.slow
def test_the_loop_costs_little_more_than_a_bare_one():
    images = RANDOM.normal(size=(6000, 784)).astype(np.float32)
    classes = RANDOM.integers(0, 10, size=6000)

    def ours():
        model = nn.NeuralClassifier(
            (100,), max_epochs=4, early_stopping=False, standardize=False, device="cpu"
        )
        start = time.process_time()
        model.fit(images, classes)
        return time.process_time() - start

    def bare():
        network = multilayer_perceptron(784, 10, (100,))
        optimizer = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=0.0)
        inputs, targets = torch.from_numpy(images), torch.from_numpy(classes)
        start = time.process_time()
        for _ in range(4):
            for rows in torch.randperm(6000).split(128):
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(network(inputs[rows]), targets[rows])
                loss.backward()
                optimizer.step()
        return time.process_time() - start

    times = [(ours(), bare()) for _ in range(13)]
    least = np.min(times[1:], axis=0)
    assert least[0] < 1.15 * least[1]
