"""Classes of texts, told by few terms."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score

import taut
from taut.applications import TextClassifier
from taut.designs import as_design
from taut.problem import Problem
from taut.selection.cross_validation import Folds
from taut.solvers import Controls

TOPICS = {
    "food": "bread soup apple cheese oven salt",
    "ships": "sail harbour anchor mast tide deck",
    "music": "violin chord tempo choir drum opera",
}
FILLER = "the a of and in was it very much today again about some old new other people they said"


def corpus(topics, n_texts=240, seed=0):
    """Texts of filler with a few words of their topic."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(list(topics), n_texts)
    texts = [
        " ".join(
            rng.permutation(
                [*rng.choice(FILLER.split(), 10), *rng.choice(TOPICS[label].split(), 2)]
            )
        )
        for label in labels
    ]
    return texts, labels


@pytest.fixture(scope="module")
def two():
    return corpus(["food", "ships"])


@pytest.fixture(scope="module")
def three():
    return corpus(list(TOPICS))


def test_two_classes(two):
    texts, labels = two
    model = TextClassifier().fit(texts[:180], labels[:180])
    assert model.score(texts[180:], labels[180:]) > 0.95
    assert model.certificate_.solved
    assert model.coef_.shape == (1, len(model.terms_))
    for label in ("food", "ships"):
        top = model.top_terms(label, 4)
        assert {word for term, _ in top for word in term.split()} & set(TOPICS[label].split())
        assert [w for _, w in top] == sorted((w for _, w in top), reverse=True)
        assert top[-1][1] > 0


def test_several_classes(three):
    texts, labels = three
    model = TextClassifier(0.005, l1_ratio=1.0).fit(texts[:180], labels[:180])
    probabilities = model.predict_proba(texts[180:])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert model.score(texts[180:], labels[180:]) > 0.9
    assert log_loss(labels[180:], probabilities) < 0.4
    assert model.predict(texts[:9]).tolist() == model.classes_[
        model.predict_proba(texts[:9]).argmax(axis=1)
    ].tolist()  # fmt: skip
    for label in model.classes_:
        assert set(dict(model.top_terms(label, 3))) <= set(model.terms_)


def test_the_fit_is_that_of_the_path(two):
    texts, labels = two
    model = TextClassifier(alpha=0.01, l1_ratio=1.0, tol=1e-10).fit(texts, labels)
    X = model.vectorizer_.transform(texts)
    path = taut.fit_path(X, labels == "ships", loss="logistic", alphas=[0.01], tol=1e-10)
    np.testing.assert_allclose(model.coef_[0], path.coefs[:, 0], atol=1e-7)
    np.testing.assert_allclose(model.predict_proba(texts)[:, 1], path.predict(X, 0.01), atol=1e-7)


@pytest.mark.parametrize(
    "alpha",
    [taut.CV(), taut.CV(3, "1se"), taut.AIC(), taut.BIC(), taut.EBIC()],
    ids=["CV", "1se", "AIC", "BIC", "EBIC"],
)
def test_every_rule_for_the_strength(two, three, alpha):
    # Single words: the whole path of topics that can be told for certain is long.
    vectorizer = CountVectorizer(min_df=5)
    for texts, labels in (two, three):
        model = TextClassifier(alpha, vectorizer=vectorizer).fit(texts, labels)
        assert model.alpha_ in model.path_.alphas
        assert model.score(texts, labels) > 0.9
        assert list(model.path_.feature_names) == list(model.terms_)


def test_criteria_are_those_of_the_likelihood(two):
    texts, labels = two
    model = TextClassifier(taut.BIC(), l1_ratio=1.0).fit(texts, labels)
    row = int(np.flatnonzero(model.path_.alphas == model.alpha_)[0])
    likelihood = -len(texts) * log_loss(labels, model.predict_proba(texts))
    expected = -2 * likelihood + np.log(len(texts)) * np.count_nonzero(model.coef_)
    assert model.criterion_results_.criterion[row] == pytest.approx(expected)


def test_the_path_ends_where_the_error_has_turned(two):
    texts, labels = two
    wrong = np.random.default_rng(0).random(len(labels)) < 0.15
    labels = np.where(wrong, np.where(labels == "food", "ships", "food"), labels)
    model = TextClassifier().fit(texts, labels)
    results = model.cv_results_
    assert 0 < results.index_min < len(results.alphas) - 1 < 20
    # The strengths are those of one long grid.
    np.testing.assert_allclose(np.diff(np.log10(model.path_.alphas)), -0.2)


def test_folds_are_those_of_the_rule(two):
    """Loose folds on a path that grows: the errors are those of a long path to full accuracy."""
    texts, labels = two
    rule = taut.CV(4, "1se", random_state=1)
    model = TextClassifier(rule, l1_ratio=1.0).fit(texts, labels)
    X = model.vectorizer_.transform(texts)
    long = taut.CV(4, "1se", random_state=1, n_alphas=21, alpha_min_ratio=1e-4)
    exact = taut.PenalizedClassifier("logistic", taut.penalties.L1(), alpha=long, tol=1e-8)
    exact.fit(X, labels)
    n_found = len(model.cv_results_.alphas)
    np.testing.assert_allclose(model.cv_results_.alphas, exact.cv_results_.alphas[:n_found])
    found, expected = model.cv_results_.errors, exact.cv_results_.errors[:n_found]
    # At the strongest a model of nothing is near enough.
    np.testing.assert_allclose(found[1:], expected[1:], atol=1e-3)
    np.testing.assert_allclose(found[0], expected[0], atol=3e-2)
    assert model.alpha_ == pytest.approx(exact.alpha_)


def test_a_rule_may_name_its_grid(two):
    texts, labels = two
    model = TextClassifier(taut.CV(3, n_alphas=7, alpha_min_ratio=0.05)).fit(texts, labels)
    assert model.path_.alphas[-1] == pytest.approx(0.05 * model.path_.alphas[0])
    assert len(model.path_.alphas) == 7


def test_elastic_net_keeps_more(two):
    texts, labels = two
    sizes = [
        np.count_nonzero(TextClassifier(0.01, l1_ratio=ratio).fit(texts, labels).coef_)
        for ratio in (1.0, 0.3)
    ]
    assert sizes[0] < sizes[1]


def test_texts_may_come_in_any_column(two):
    texts, labels = two
    expected = TextClassifier(0.01).fit(texts, labels).predict_proba(texts)
    for given_texts in (
        np.array(texts), np.array(texts, dtype=object)[:, None], pd.Series(texts),
        pd.DataFrame({"text": texts}), pl.Series(texts), pl.DataFrame({"text": texts}),
    ):  # fmt: skip
        model = TextClassifier(0.01).fit(given_texts, labels)
        np.testing.assert_array_equal(model.predict_proba(given_texts), expected)


def test_matrices_stay_sparse(two):
    texts, labels = two

    class Watched(CountVectorizer):
        def transform(self, raw):
            found = super().transform(raw)
            assert sparse.issparse(found)
            found.toarray = found.todense = None
            return found

    model = TextClassifier(0.01, vectorizer=Watched()).fit(texts, labels)
    assert model.predict(texts).shape == (len(texts),)
    assert isinstance(model.vectorizer_, Watched)
    assert model.vectorizer_ is not model.vectorizer


def test_imbalanced_classes(two):
    texts, labels = two
    ships = np.flatnonzero(labels == "ships")
    rows = np.concatenate([np.flatnonzero(labels == "food"), ships[:12]])
    few = [texts[i] for i in rows]
    plain = TextClassifier(0.02).fit(few, labels[rows])
    even = TextClassifier(0.02, class_weight="balanced").fit(few, labels[rows])
    rest = [texts[i] for i in ships[12:]]
    assert np.mean(even.predict(rest) == "ships") > np.mean(plain.predict(rest) == "ships")


def test_a_text_of_unknown_words_gets_the_intercept(two):
    texts, labels = two
    model = TextClassifier(0.01).fit(texts, labels)
    np.testing.assert_allclose(model.decision_function(["", "xyzzy"]), model.intercept_[0])


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(60)))
def test_the_order_of_texts_does_not_matter(order):
    texts, labels = corpus(["food", "ships"], 60, seed=3)
    models = [
        TextClassifier(0.02, tol=1e-9).fit([texts[i] for i in rows], labels[list(rows)])
        for rows in (range(60), order)
    ]
    np.testing.assert_allclose(models[0].coef_, models[1].coef_, atol=1e-5)


def test_conventions(two):
    texts, labels = two
    model = TextClassifier(0.01, vectorizer=CountVectorizer(), class_weight="balanced")
    assert clone(model).get_params()["alpha"] == 0.01
    assert cross_val_score(TextClassifier(0.01), texts, labels, cv=3).mean() > 0.9


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t, y: ([*t[:3], "  ", *t[4:]], y), "empty, got '  ' at row 3"),
        (lambda t, y: ([*t[:5], None, *t[6:]], y), "got None of type NoneType at row 5"),
        (lambda t, y: ([*t[:5], 7, *t[6:]], y), "got 7 of type int at row 5"),
        (lambda t, y: ([*t[:5], b"x", *t[6:]], y), "decode it"),
        (lambda t, y: ("one text", y), "pass a list of texts"),
        (lambda t, y: ([], []), "at least one row"),
        (lambda t, y: (pd.DataFrame({"a": t, "b": t}), y), "one column, got a frame with 2"),
        (lambda t, y: (np.array([t, t]), y), "one dimension"),
        (lambda t, y: (t, ["same"] * len(t)), "two classes, got one class only, 'same'"),
        (lambda t, y: (t, y[:-1]), "inconsistent numbers of samples"),
        (lambda t, y: (t, None), "y to be passed"),
        (lambda t, y: (["? !"] * len(t), y), "terms to count"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_data_that_are_refused(two, spoil, message):
    model = TextClassifier(0.01).fit(*two)
    expected = model.predict_proba(two[0])
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(*spoil(*two))
    np.testing.assert_array_equal(model.predict_proba(two[0]), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": -1.0}, "alpha must be finite"),
        ({"alpha": "cv"}, "or a rule"),
        ({"l1_ratio": 1.5}, "l1_ratio"),
        ({"class_weight": {"tea": 2}}, "class_weight must name classes"),
        ({"verbose": "yes"}, "verbose"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_parameters_that_are_refused(two, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        TextClassifier(**options).fit(*two)


def test_top_terms_of_what_is_no_class(two):
    model = TextClassifier(0.01).fit(*two)
    with pytest.raises(ValueError, match="label must be one of the classes"):
        model.top_terms("tea")
    with pytest.raises(ValueError, match="k must be finite and > 0, got 0"):
        model.top_terms("food", 0)
    with pytest.raises(TypeError, match="at row 1"):
        model.predict(["soup", 3.0])


def test_plot(three):
    pytest.importorskip("matplotlib").use("Agg")
    model = TextClassifier(0.01).fit(*three)
    display = model.plot_terms(k=4)
    titles = [ax.get_title(loc="left") for ax in display.axes_]
    assert titles == model.classes_.tolist()
    drawn = [label.get_text() for label in display.axes_[0].get_yticklabels()]
    assert drawn == [term for term, _ in model.top_terms(model.classes_[0], 4)]
    with pytest.raises(ValueError, match="axes must be 3"):
        model.plot_terms(axes=display.axes_[:1])


@pytest.mark.slow
def test_questions_of_six_kinds(data_folder):
    read = {"sep": "\t", "quoting": 3, "keep_default_na": False, "escapechar": "\\"}
    train, test = (
        pd.read_csv(data_folder / f"trec/{part}.tsv.gz", **read) for part in ("train", "test")
    )
    model = TextClassifier(1e-4, l1_ratio=1.0).fit(train["text"], train["label"])
    assert model.score(test["text"], test["label"]) > 0.85
    assert log_loss(test["label"], model.predict_proba(test["text"])) < 0.44


@pytest.mark.slow
def test_reviews_as_well_as_scikit_learn_does(data_folder):
    """Log-loss 0.528, accuracy 0.740: LogisticRegressionCV, liblinear, L1, 20 Cs, 5 folds."""
    benchmark = pytest.importorskip("benchmarks.text", reason="run from the root of the repository")
    train, test = benchmark.reviews(data_folder)
    plain = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    model = TextClassifier(5e-5, vectorizer=plain).fit(train["text"], train["label"])
    assert log_loss(test["label"], model.predict_proba(test["text"])) < 0.528
    assert model.score(test["text"], test["label"]) >= 0.740


def test_a_fold_goes_on_where_it_ended(two):
    """A path in two parts has the errors of one in one part."""
    texts, labels = two
    X = TfidfVectorizer().fit_transform(texts).tocsc()
    y = (np.asarray(labels) == labels[0]).astype(float)
    weights = np.full(len(y), 1 / len(y))
    problem = Problem(as_design(X), y, taut.losses.Logistic(), taut.penalties.L1(), weights)
    folds = Folds([problem], taut.CV(3).splits([problem]))
    alphas = 0.05 * 0.7 ** np.arange(9)
    whole, parts = folds.path(0), folds.path(0)
    expected = whole.errors(alphas, Controls(1e-9))
    first = parts.errors(alphas[:4], Controls(1e-9))
    np.testing.assert_array_equal(parts.errors(alphas, Controls(1e-9))[:, :4], first)
    np.testing.assert_allclose(parts.errors(alphas, Controls(1e-9)), expected, rtol=1e-5)
    np.testing.assert_array_equal(parts.errors(alphas[:2], Controls(1e-9)), first[:, :2])


def test_a_vectorizer_that_is_none():
    with pytest.raises(TypeError, match=r"vectorizer must be a transformer.*got 3: pass"):
        TextClassifier(vectorizer=3).fit(["good fun", "bad plot"], [0, 1])


def test_a_label_that_is_missing():
    with pytest.raises(ValueError, match="y must hold a label for each row, got None at row 1 "):
        TextClassifier(alpha=0.1).fit(["good fun", "good fun", "bad plot"], ["+", None, "-"])
