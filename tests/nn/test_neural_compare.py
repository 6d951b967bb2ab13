"""Linear and neural techniques on one leaderboard."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("skorch")

import torch
from sklearn.model_selection import GroupKFold, KFold

import taut
from taut import nn
from taut.compare import choose, compare, neural
from taut.compare.technique import Training
from taut.nn.training.loop import TrainingNet

torch.set_num_threads(1)
RANDOM = np.random.default_rng(0)
N_ROWS = 150
X = RANDOM.normal(size=(N_ROWS, 4))
# Nothing that a linear model could see.
CURVED = np.abs(X[:, 0]) * 3 + RANDOM.normal(size=N_ROWS) / 4
TABLE = {f"x{j}": X[:, j] for j in range(4)} | {"y": CURVED}
NAMES = ["mlp", "mlp+dropout", "mlp+l1", "mlp+early stopping"]


@pytest.fixture(scope="module")
def found():
    return compare(TABLE, "y", quick=True, techniques=["null", "ridge-min", *NAMES])


def test_they_are_on_the_same_folds(found):
    rows = {row["technique"]: row for row in found.leaderboard}
    assert set(rows) == {"null", "ridge-min", *NAMES}
    assert {len(row["fold_scores"]) for row in rows.values()} == {5}
    folds = KFold(5, shuffle=True, random_state=0)
    scores = []
    for train, test in folds.split(X):
        model = neural.NEURAL[-1].make(Training(None, n_rows=len(train)))
        model.fit(X[train], CURVED[train])
        scores.append(np.sqrt(np.mean((model.predict(X[test]) - CURVED[test]) ** 2)))
    np.testing.assert_allclose(rows["mlp"]["fold_scores"], scores, rtol=1e-4)


def test_they_find_what_linear_models_cannot(found):
    assert found.pick["technique"] in NAMES
    rows = {row["technique"]: row for row in found.leaderboard}
    assert rows["ridge-min"]["detectably_worse"]
    assert 0 < rows[found.pick["technique"]]["features_used"] <= 4
    assert found.pick["code"].count("taut.nn.NeuralRegressor(") == 1


def test_the_family_is_named_neural():
    chosen = choose("neural", among=neural.NEURAL)
    assert [technique.name for technique in chosen] == [t.name for t in neural.NEURAL]


def test_classes_have_probabilities():
    middle = np.median(CURVED)
    table = TABLE | {"y": np.where(middle < CURVED, "high", "low").astype(object)}
    found = compare(table, "y", quick=True, techniques=["null", "mlp+l1"])
    assert found.pick["technique"] == "mlp+l1"
    assert found.pick["score"] < 0.4
    assert "penalty=taut.penalties.L1()" in found.pick["code"]


def test_the_folds_of_early_stopping_are_in_the_code():
    found = compare(TABLE, "y", quick=True, techniques=["null", "mlp+early stopping"])
    code = found.pick["code"]
    assert "taut.nn.EarlyStopping(patience=50, validation=folds)" in code
    assert "folds = " in code


def test_early_stopping_never_sees_rows_that_are_judged(monkeypatch):
    seen = []
    plain = TrainingNet.train

    def recorded(self, rows, validation, n_epochs):
        parts = (rows,) if validation is None else (rows, validation)
        seen.append(np.concatenate([part.inputs[:, -1].numpy() for part in parts]))
        seen_parts.append([len(part.inputs) for part in parts])
        return plain(self, rows, validation, n_epochs)

    seen_parts = []
    monkeypatch.setattr(TrainingNet, "train", recorded)
    # Standardising is undone by rank: every row has a number of its own.
    number = RANDOM.permutation(N_ROWS).astype(float)
    groups = np.repeat(np.arange(15), 10)
    table = {"x0": X[:, 0], "number": number, "y": CURVED}
    compare(table, "y", cv=GroupKFold(5), groups=groups, techniques=["mlp+early stopping"])
    whole, *folds = seen
    assert len(whole) == N_ROWS
    for (train, test), used, sizes in zip(
        GroupKFold(5).split(X, groups=groups), folds, seen_parts[1:], strict=True
    ):
        assert len(used) == sum(sizes) == len(train)
        assert sizes[1] >= 10
        expected = np.argsort(np.argsort(number[train]))
        np.testing.assert_array_equal(np.sort(np.argsort(np.argsort(used))), np.sort(expected))
        spread = np.ptp(number[train]) / np.ptp(used)
        restored = (used - used.min()) * spread + number[train].min()
        assert set(np.round(restored).astype(int)) == set(number[train].astype(int))
        assert not set(np.round(restored).astype(int)) & set(number[test].astype(int))


def test_whole_groups_are_held_back():
    groups = np.repeat(np.arange(10), 15)
    folds = list(GroupKFold(5).split(X, groups=groups))
    technique = next(t for t in neural.NEURAL if t.name == "mlp+early stopping")
    model = technique.make(Training(folds, n_rows=N_ROWS))
    assert isinstance(model.early_stopping, nn.EarlyStopping)
    train, held = folds[-1]
    assert not set(groups[train]) & set(groups[held])
    assert model.early_stopping.validation is folds


def test_without_the_extra_they_are_off_and_it_is_said(monkeypatch):
    monkeypatch.setattr(neural, "find_spec", lambda name: None)
    found = compare(TABLE, "y", quick=True, techniques=["null", "ridge-min", "neural"])
    assert {row["technique"] for row in found.leaderboard} == {"null", "ridge-min"}
    notes = [note["text"] for note in found.summary["table"]["notes"]]
    (note,) = [text for text in notes if "torch and skorch" in text]
    assert note.startswith("MLP is left out: it needs torch and skorch")
    assert 'pip install "taut[nn]"' in note
    assert note in repr(found)


def test_they_are_on_by_default_but_not_in_a_hurry(found):
    quick = compare(TABLE, "y", quick=True)
    notes = [note["text"] for note in quick.summary["table"]["notes"]]
    assert not set(NAMES) & {row["technique"] for row in quick.leaderboard}
    assert "MLP is left out: a quick comparison has it only by name ('neural')." in notes
    whole = compare(TABLE, "y", cv=2)
    assert set(NAMES) < {row["technique"] for row in whole.leaderboard}


@pytest.mark.slow
def test_without_the_extra_a_hurried_comparison_says_so_too(monkeypatch):
    monkeypatch.setattr(neural, "find_spec", lambda name: None)
    notes = [note["text"] for note in compare(TABLE, "y", quick=True).summary["table"]["notes"]]
    assert any(note.startswith("MLP is left out: it needs torch and skorch") for note in notes)


def test_an_interrupt_ends_the_comparison(monkeypatch):
    def interrupted(self, batch):
        raise KeyboardInterrupt

    monkeypatch.setattr(TrainingNet, "train_step", interrupted)
    with pytest.raises(KeyboardInterrupt), pytest.warns(taut.ConvergenceWarning):
        compare(TABLE, "y", quick=True, techniques=["null", "mlp"])


def test_large_tables_take_fewer_epochs():
    epochs = [
        neural.NEURAL[-1].make(Training(None, n_rows=n_rows)).max_epochs
        for n_rows in (100, 6_400, 1_000_000)
    ]
    assert epochs == [100, 30, 10]


def test_they_are_for_numbers_and_classes():
    assert all(technique.suits("classification") for technique in neural.NEURAL)
    assert not any(technique.suits("survival") for technique in neural.NEURAL)
