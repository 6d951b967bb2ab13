"""The page as a document: whole, offline, small, escaped, and showing every figure."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib import resources

import numpy as np
import pytest
import report_summaries

from taut import report
from taut.report import render

_VOID = {"meta", "link", "img", "input", "br"}
_NAMES = ("diabetes", "wide", "hostile", "null")


class _Document(HTMLParser):
    """Elements with their attributes, the text of each, and a check that tags are balanced."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] not in {"script", "style"}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def documents(pages):
    return {name: _Document(path.read_text(encoding="utf-8")) for name, path in pages.items()}


def _page_data(path) -> dict:
    html = path.read_text(encoding="utf-8")
    block = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', html, re.S)
    return json.loads(block[1])


@pytest.mark.parametrize("name", _NAMES)
def test_page_is_balanced_with_one_h1_and_headings_in_order(documents, name):
    levels = [int(tag[1]) for tag, _ in documents[name].elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("name", _NAMES)
def test_ids_are_unique_and_every_reference_has_its_target(documents, name):
    attributes = [attrs for _, attrs in documents[name].elements]
    ids = [attrs["id"] for attrs in attributes if "id" in attrs]
    assert len(ids) == len(set(ids))
    references = {attrs["href"][1:] for attrs in attributes if attrs.get("href", "")[:1] == "#"}
    for key in ("for", "aria-labelledby", "aria-describedby"):
        references |= {attrs[key] for attrs in attributes if key in attrs}
    assert references <= set(ids)


@pytest.mark.parametrize("name", _NAMES)
def test_nothing_is_loaded_and_the_browser_is_told_to_refuse_it(documents, name):
    for tag, attrs in documents[name].elements:
        assert not {"src", "srcset", "action"} & set(attrs), tag
        assert attrs.get("href", "#").startswith(("#", "data:")), tag
    style = resources.files("taut.report").joinpath("style.css").read_text(encoding="utf-8")
    assert "url(" not in style
    assert "@import" not in style
    policy = next(a["content"] for _, a in documents[name].elements if "http-equiv" in a)
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("name", _NAMES)
def test_page_is_under_two_megabytes(pages, name):
    assert pages[name].stat().st_size < 2_000_000


def test_table_of_many_columns_and_techniques_stays_under_two_megabytes():
    summary = report_summaries.wide_summary(n_features=3000, n_alphas=300)
    summary["paths"] = summary["paths"] * 3
    summary["table"]["notes"][0]["columns"] = [f"constant {j}" for j in range(20_000)]
    assert len(render(summary).encode()) < 2_000_000


def test_charting_library_is_there_once(pages):
    assert pages["diabetes"].read_text(encoding="utf-8").count("window.vegaEmbed=") == 1


def test_markup_in_the_summary_stays_text(documents, pages):
    document = documents["hostile"]
    attack = report_summaries.hostile_summary()["table"]["target"]
    scripts = [attrs for tag, attrs in document.elements if tag == "script"]
    assert len(scripts) == 3
    assert not [tag for tag, _ in document.elements if tag == "img"]
    assert attack in document.text
    assert _page_data(pages["hostile"])["families"][0]["features"].count(attack) == 1


def test_every_number_of_the_leaderboard_is_shown(documents, summary):
    text = documents["diabetes"].text
    for row in summary["leaderboard"]:
        assert row["label"] in text
        scores = [row["score"], row["score_std"], row["difference"], *row["fold_scores"]]
        if not row["best"]:
            scores += [row["difference_low"], row["difference_high"]]
        for score in scores:
            assert f"{score:.2f}".replace("-", "−").replace("−0.00", "0.00") in text
        assert f"{row['features_used']:.3g} of {row['features_total']}" in text
        assert f"{row['fit_seconds']:.2g}" in text


def test_verdict_code_notes_and_certificates_are_shown(documents, summary):
    text = documents["diabetes"].text
    assert summary["verdict"]["sentence"] in text
    assert summary["verdict"]["detail"] in text
    assert text.index(summary["verdict"]["sentence"]) < text.index("Leaderboard")
    for note in summary["table"]["notes"]:
        assert note["text"] in text
    for certificate in summary["certificates"]:
        assert certificate["sentence"] in text
    assert "4.0 × 10⁻⁴" in text
    for line in summary["pick"]["code"].splitlines():
        assert line in "".join(documents["diabetes"].texts)


def test_features_that_are_not_used_are_folded(summary):
    for j, row in enumerate(summary["pick"]["coefficients"]):
        row.update(coefficient=float(j < 3), standardised=float(j < 3))
    html = render(summary)
    section = html[html.index('id="pick"') : html.index('id="explore"')]
    shown, folded = section.split("<details>")
    assert shown.count('<th scope="row">') == 3
    assert "The other 7 features, not used" in folded
    assert folded.count('class="zero"') == 7


def test_the_mixture_of_the_pick_is_shown(summary):
    assert "l1_ratio" not in _Document(render(summary)).text
    summary["pick"]["l1_ratio"] = 0.9876
    assert "and l1_ratio = 0.9876, it uses" in _Document(render(summary)).text


def test_null_model_has_no_empty_sections(documents):
    ids = {attrs.get("id") for _, attrs in documents["null"].elements}
    assert not ids & {"explore", "certificates", "chart-coefficients"}
    assert "It uses no feature" in documents["null"].text


def test_unset_interval_and_gap_are_dashes_not_nan(summary):
    summary["certificates"][0]["relative_gap"] = None
    summary["certificates"][1]["relative_gap"] = float("nan")
    assert "nan" not in _Document(render(summary)).text.lower().split()


def test_wide_table_draws_the_sixty_paths_that_grow_largest(pages):
    wide = report_summaries.wide_summary()
    for path, family in zip(wide["paths"], _page_data(pages["wide"])["families"], strict=True):
        sizes = [max(map(abs, coefs)) for coefs in path["coefs"]]
        largest = sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True)[:60]
        assert family["features"] == [path["features"][j] for j in largest]
        assert family["total"] == 500


def test_explorer_holds_the_path_and_its_two_rules(pages, summary):
    for path, family in zip(
        summary["paths"], _page_data(pages["diabetes"])["families"], strict=True
    ):
        assert family["alphas"] == pytest.approx(path["alphas"], rel=1e-4)
        for name in ("train", "validation"):
            assert np.square(family[name]) == pytest.approx(path[f"{name}_error"], rel=1e-3)
        for edge, sign in (("lower", -1), ("upper", 1)):
            squares = np.add(path["validation_error"], np.multiply(sign, path["validation_se"]))
            assert np.square(family[edge]) == pytest.approx(squares, rel=1e-3)
        assert family["alphas"][family["minimum"]] == pytest.approx(path["alpha_min"], rel=1e-4)
        assert family["alphas"][family["oneSe"]] == pytest.approx(path["alpha_1se"], rel=1e-4)
        shown = dict(zip(family["features"], family["coefs"], strict=True))
        for feature, coefs in zip(path["features"], path["coefs"], strict=True):
            assert shown[feature] == pytest.approx(coefs, rel=1e-4, abs=1e-12)


def test_slider_starts_at_the_pick(pages, summary):
    started = [f for f in _page_data(pages["diabetes"])["families"] if f["picked"]]
    assert [family["label"] for family in started] == ["Lasso"]
    alpha = started[0]["alphas"][started[0]["start"]]
    assert alpha == pytest.approx(summary["pick"]["alpha"], rel=1e-4)


def test_an_exploding_validation_error_does_not_flatten_the_curve(summary):
    from taut.report.families import families

    calm = families(summary)[1]
    summary["paths"][1]["validation_error"][-1] *= 1e6
    wild = families(summary)[1]
    assert wild["cut"]
    assert not calm["cut"]
    assert wild["high"] < 10 * calm["high"]


def test_one_wild_technique_does_not_squeeze_the_interval_plot(summary):
    from taut.report.leaderboard import interval_rows

    row = summary["leaderboard"][1]
    row.update(difference=1e6, difference_low=-1e6, difference_high=3e6, detectably_worse=False)
    rows = interval_rows(summary["leaderboard"])
    assert [r["label"] for r in rows if r["beyond"]] == [row["label"], "Null model"]
    assert max(r["high"] for r in rows) < 100


def test_an_alpha_of_zero_is_left_off_the_logarithmic_axis(summary):
    from taut.report.families import families

    summary["paths"][1]["alphas"][-1] = 0.0
    assert min(families(summary)[1]["alphas"]) > 0


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_of_text_have_contrast_aa(theme):
    style = resources.files("taut.report").joinpath("style.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.S)[theme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    series = [f"series-{slot}" for slot in range(8)]
    for name in ("text", "soft", "accent", "warning", "positive", "negative", *series):
        assert _contrast(colours[name], colours["page"]) >= 4.5, name
    for text, ground in (("warning", "warning-wash"), ("text", "accent-wash"), ("soft", "panel")):
        assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert _contrast(colours["accent"], colours["accent-wash"]) >= 4.5
    assert _contrast(colours["faint"], colours["page"]) >= 3


def test_import_is_light():
    code = "import sys, taut.report; print([m for m in ('altair', 'jinja2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["altair", "jinja2", "vl_convert"])
def test_missing_package_names_the_extra(monkeypatch, summary, package):
    for module in ("page", "charts"):
        monkeypatch.delitem(sys.modules, f"taut.report.{module}", raising=False)
        monkeypatch.delattr(report, module, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=re.escape('pip install "taut[compare]"')):
        render(summary)
