"""TextClassifier beside scikit-learn's LogisticRegressionCV, on the same tf-idf matrices.

    TAUT_DATA=FOLDER python -m benchmarks.text [rt_polarity] [sst2] [review_polarity] [sms_spam] ...

Both choose the strength of their penalty by five folds; texts are vectorised outside the clock.
scikit-learn: liblinear, an L1 penalty, 20 Cs, chosen by log-loss. `TextClassifier` as it comes, an
elastic net with l1_ratio 0.8, and with l1_ratio=1, the same penalty as scikit-learn's. First
processor seconds of one thread, then seconds by the clock with the threads that each takes by
itself; interleaved. At last the film reviews again, cut into training and test rows in other ways:
differences of held-out log-loss and accuracy, in favour of `TextClassifier` where positive.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.multiclass import OneVsRestClassifier
from threadpoolctl import threadpool_limits

from taut.applications import TextClassifier

ROUNDS = 2
CUTS = 5
READ = {"sep": "\t", "quoting": 3, "keep_default_na": False, "escapechar": "\\"}


def reviews(folder: Path):
    return _cut(pd.read_csv(folder / "rt_polarity/rt_polarity.tsv.gz", **READ))


def official_reviews(folder: Path):
    return [pd.read_csv(folder / f"sst2/{part}.tsv.gz", **READ) for part in ("train", "test")]


def long_reviews(folder: Path):
    return _cut(pd.read_csv(folder / "review_polarity/reviews.csv.xz"))


def messages(folder: Path):
    return _cut(pd.read_csv(folder / "sms_spam/sms_spam.tsv.gz", **READ))


def questions(folder: Path):
    return [pd.read_csv(folder / f"trec/{part}.tsv.gz", **READ) for part in ("train", "test")]


def _cut(table, seed=0):
    return train_test_split(table, test_size=0.2, random_state=seed, stratify=table["label"])


FILMS = {"rt_polarity": reviews, "sst2": official_reviews, "review_polarity": long_reviews}
SETS = FILMS | {"sms_spam": messages, "trec": questions}


class Ready(TransformerMixin, BaseEstimator):
    """Hands out rows of a matrix that is there already, for texts that are row numbers."""

    def __init__(self, matrix, terms):
        self.matrix, self.terms = matrix, terms

    def __sklearn_clone__(self):
        return self

    def fit_transform(self, texts, y=None):
        return self.transform(texts)

    def transform(self, texts):
        return self.matrix[[int(text) for text in texts]]

    def get_feature_names_out(self):
        return self.terms


def scikit_learn(X, y):
    model = LogisticRegressionCV(
        Cs=20, cv=5, penalty="l1", solver="liblinear", scoring="neg_log_loss"
    )
    return (model if len(np.unique(y)) == 2 else OneVsRestClassifier(model)).fit(X, y)


def methods(train, test):
    """What is fitted, how it is asked for probabilities, and the matrix."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    X, held_out = words.fit_transform(train["text"]), words.transform(test["text"])
    y = train["label"].to_numpy()
    rows = [str(i) for i in range(X.shape[0])]
    ready = Ready(X, words.get_feature_names_out())
    found = {
        "scikit-learn": (lambda: scikit_learn(X, y), lambda m: m.predict_proba(held_out)),
    }
    for name, options in (("taut", {}), ("taut, l1_ratio=1", {"l1_ratio": 1.0})):
        model = TextClassifier(vectorizer=ready, **options)
        found[name] = (partial(model.fit, rows, y), lambda m: _probabilities(m, held_out))
    return found, X


def scores(model, probabilities, labels):
    accuracy = np.mean(model.classes_[probabilities.argmax(axis=1)] == labels)
    return log_loss(labels, probabilities), accuracy


def measure(train, test, clock):
    found, X = methods(train, test)
    labels = test["label"].to_numpy()
    print(f"{X.shape[0]:,} x {X.shape[1]:,}, {X.nnz:,} entries, {len(np.unique(labels))} classes")
    seconds = {name: [] for name in found}
    for _ in range(ROUNDS):
        for name, (fit, predict) in found.items():
            start = clock()
            model = fit()
            seconds[name].append(clock() - start)
            loss, accuracy = scores(model, predict(model), labels)
            print(
                f"  {name:18s}{seconds[name][-1]:8.2f} s   log-loss {loss:.4f}   accuracy "
                f"{accuracy:.4f}   {_count(model):,} coefficients",
                flush=True,
            )
    ratio = min(seconds["scikit-learn"]) / min(seconds["taut"])
    print(f"  scikit-learn takes {ratio:.2f} times as long")


def _count(model):
    parts = getattr(model, "estimators_", [model])
    return sum(np.count_nonzero(part.coef_) for part in parts)


def repeat(name, table):
    """Other cuts into training and test rows: what of a difference is noise?"""
    gains = []
    for seed in range(1, CUTS + 1):
        train, test = _cut(table, seed)
        found, _ = methods(train, test)
        labels = test["label"].to_numpy()
        fitted = {key: (fit(), predict) for key, (fit, predict) in found.items()}
        (theirs, right), *ours = (
            scores(model, predict(model), labels) for model, predict in fitted.values()
        )
        gains.append([(theirs - loss, accuracy - right) for loss, accuracy in ours])
    for place, key in enumerate(list(found)[1:]):
        loss, accuracy = np.array(gains)[:, place].T
        print(
            f"{name}, {CUTS} other cuts, {key}: log-loss {loss.mean():+.4f} ({loss.min():+.4f} to "
            f"{loss.max():+.4f}), accuracy {accuracy.mean():+.4f} ({accuracy.min():+.4f} to "
            f"{accuracy.max():+.4f})",
            flush=True,
        )


def _probabilities(model, matrix):
    model.vectorizer_ = Ready(matrix, model.terms_)
    return model.predict_proba([str(i) for i in range(matrix.shape[0])])


def main():
    folder = Path(os.environ["TAUT_DATA"])
    warnings.filterwarnings("ignore", module="sklearn")
    for name in sys.argv[1:] or SETS:
        parts = SETS[name](folder)
        with threadpool_limits(1):
            print(f"\n{name}, processor seconds: ", end="")
            measure(*parts, time.process_time)
        print(f"{name}, seconds by the clock: ", end="")
        measure(*parts, time.perf_counter)
        if name in FILMS:
            repeat(name, pd.concat(parts))


if __name__ == "__main__":
    main()
