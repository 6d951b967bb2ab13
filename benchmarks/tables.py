"""Problems that are real tables; all but one lie in the folder that TAUT_DATA names."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np


def data_folder() -> Path:
    folder = os.environ.get("TAUT_DATA")
    return Path(folder) if folder else Path(__file__).parents[2] / "shared" / "data"


def riboflavin():
    """Gene expression, 71 x 4,088 (Buehlmann et al. 2014)."""
    with np.load(data_folder() / "riboflavin" / "riboflavin.npz") as file:
        return np.asfortranarray(file["x"]), file["y"]


def movie_reviews():
    """Words and pairs of words of 10,662 sentences (Pang and Lee 2005); y is the label, 0 or 1."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    source = data_folder() / "rt_polarity" / "rt_polarity.tsv.gz"
    with gzip.open(source, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t", 1) for line in file][1:]
    X = TfidfVectorizer(ngram_range=(1, 2), min_df=2).fit_transform([text for _, text in rows])
    return X.tocsc(), np.array([float(label) for label, _ in rows])


def bike_rentals():
    """Hourly rentals, with all products of two columns, standardised; y is the log of the count."""
    from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, scale

    with gzip.open(data_folder() / "bike_sharing" / "hour.csv.gz", "rt") as file:
        table = np.genfromtxt(file, delimiter=",", names=True, dtype=None, encoding="utf-8")
    kinds = [table[c] for c in ("season", "yr", "hr", "holiday", "weekday", "weathersit")]
    numbers = [table[c] for c in ("temp", "atemp", "hum", "windspeed")]
    kinds = OneHotEncoder(sparse_output=False).fit_transform(np.column_stack(kinds))
    X = np.column_stack([*numbers, kinds])
    X = PolynomialFeatures(2, include_bias=False).fit_transform(X)
    return np.asfortranarray(scale(X[:, np.ptp(X, axis=0) > 0])), np.log(table["cnt"])


def khan():
    """Gene expression of four kinds of tumours, 63 x 2,308 (Khan et al. 2001)."""
    with np.load(data_folder() / "khan" / "khan.npz") as file:
        return np.asfortranarray(file["xtrain"], dtype=float), file["ytrain"] - 1.0


def digits():
    """Images of 8 x 8 pixels, ten classes, 1,797 x 64; grey levels from 0 to 1."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return np.asfortranarray(X / 16), y.astype(float)
