"""TextClassifier beside scikit-learn's LogisticRegressionCV, on the same tf-idf matrices.

    TAUT_DATA=FOLDER python -m benchmarks.text [rt_polarity] [sms_spam] [trec]

Both choose the strength of an L1 penalty by five folds; texts are vectorised outside the clock.
scikit-learn: liblinear, 20 Cs, chosen by log-loss. First processor seconds of one thread, then
seconds by the clock with the threads that each takes by itself; interleaved.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
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
READ = {"sep": "\t", "quoting": 3, "keep_default_na": False, "escapechar": "\\"}


def reviews(folder: Path):
    return _cut(pd.read_csv(folder / "rt_polarity/rt_polarity.tsv.gz", **READ))


def messages(folder: Path):
    return _cut(pd.read_csv(folder / "sms_spam/sms_spam.tsv.gz", **READ))


def questions(folder: Path):
    return [pd.read_csv(folder / f"trec/{part}.tsv.gz", **READ) for part in ("train", "test")]


def _cut(table):
    return train_test_split(table, test_size=0.2, random_state=0, stratify=table["label"])


SETS = {"rt_polarity": reviews, "sms_spam": messages, "trec": questions}


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


def measure(train, test, clock):
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    X, held_out = words.fit_transform(train["text"]), words.transform(test["text"])
    y, labels = train["label"].to_numpy(), test["label"].to_numpy()
    rows = [str(i) for i in range(X.shape[0])]
    ours = TextClassifier(vectorizer=Ready(X, words.get_feature_names_out()))
    methods = {
        "scikit-learn": (lambda: scikit_learn(X, y), lambda m: m.predict_proba(held_out)),
        "taut": (lambda: ours.fit(rows, y), lambda m: _probabilities(m, held_out)),
    }
    print(f"{X.shape[0]:,} x {X.shape[1]:,}, {X.nnz:,} entries, {len(np.unique(y))} classes")
    seconds = {name: [] for name in methods}
    for _ in range(ROUNDS):
        for name, (fit, predict) in methods.items():
            start = clock()
            model = fit()
            seconds[name].append(clock() - start)
            probabilities = predict(model)
            accuracy = np.mean(model.classes_[probabilities.argmax(axis=1)] == labels)
            print(
                f"  {name:14s}{seconds[name][-1]:8.2f} s   log-loss "
                f"{log_loss(labels, probabilities):.4f}   accuracy {accuracy:.4f}",
                flush=True,
            )
    ratio = min(seconds["scikit-learn"]) / min(seconds["taut"])
    print(f"  scikit-learn takes {ratio:.2f} times as long")


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


if __name__ == "__main__":
    main()
