"""Which words tell a good review from a bad one? And which tell spam, or what a question asks for?

With TAUT_DATA the texts are 10,662 sentences of film reviews (Pang & Lee 2005); without it they are
sentences made up here, by the same few words.
"""

import numpy as np
import pandas as pd
from _common import arguments
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

import taut
from taut.applications import TextClassifier

GOOD = "moving funny warm clever brilliant charming gripping honest touching fresh"
BAD = "dull boring flat tired silly clumsy pointless bland awkward predictable"
OTHER = "the film a story and its cast plot scene of in is with an actor two hours music"


def made_up(n_texts=1200, seed=0):
    """Sentences with a word or two of praise or blame, one in eight of them the wrong one."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n_texts)
    says = np.where(rng.random(n_texts) < 0.125, 1 - labels, labels)
    texts = [
        " ".join(
            rng.permutation([*rng.choice(OTHER.split(), 9), *rng.choice((BAD, GOOD)[s].split(), 2)])
        )
        for s in says
    ]
    return pd.DataFrame({"text": texts, "label": labels})


def read(options):
    if options.data is None:
        print("sentences made up here (TAUT_DATA names no folder, or --quick)")
        return made_up()
    return pd.read_csv(
        options.data / "rt_polarity" / "rt_polarity.tsv.gz",
        sep="\t", quoting=3, keep_default_na=False, escapechar="\\",
    )  # fmt: skip


def main():
    options = arguments(__doc__.splitlines()[0])
    table = read(options)
    table["label"] = np.where(table["label"] == 1, "good", "bad")
    train, test = train_test_split(table, random_state=0, stratify=table["label"])

    model = TextClassifier(alpha=taut.CV(folds=5)).fit(train["text"], train["label"])
    used = np.count_nonzero(model.coef_)
    print(f"{len(train)} texts, {len(model.terms_)} terms, of which {used} tell")
    print(f"held-out accuracy {model.score(test['text'], test['label']):.3f}")
    print(f"held-out log-loss {log_loss(test['label'], model.predict_proba(test['text'])):.3f}")
    for label in model.classes_:
        print(label + ":", ", ".join(term for term, _ in model.top_terms(label, 8)))

    display = model.plot_terms(k=15)
    display.figure_.suptitle(
        "The terms that speak most for each class", fontsize=11, x=0.01, ha="left"
    )
    display.figure_.savefig(options.output / "text.png", dpi=110)


if __name__ == "__main__":
    main()
