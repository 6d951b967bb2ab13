"""The page in a real browser: drawn without errors, moved by keyboard, narrow and dark."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("selenium", reason="needs selenium")

from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from taut.report import render

_NAMES = ("diabetes", "wide", "hostile", "null")


@pytest.fixture
def visit(browser, pages):
    """Open a page at a width and theme and wait until its charts are drawn."""

    def opened(name="diabetes", width=1280, theme="light"):
        _emulate(browser, theme)
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get_log("browser")
        browser.get(pages[name].as_uri())
        _wait(browser, "return document.documentElement.dataset.drawn === 'true'")
        return browser

    return opened


def _emulate(browser, theme, media=""):
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def _wait(browser, script):
    return WebDriverWait(browser, 20).until(lambda b: b.execute_script(script))


def _rules(browser):
    """Where the moving rule stands, in each of the two charts."""
    script = """return ['path', 'curve'].map((name) => document
        .querySelector(`#chart-${name} .cursor_marks`).getBoundingClientRect().left)"""
    return browser.execute_script(script)


def _read(browser, name):
    return browser.find_element(By.ID, f"read-{name}").text


def _fill(browser, selector):
    script = "return getComputedStyle(document.querySelector(arguments[0])).fill"
    return browser.execute_script(script, selector)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", _NAMES)
def test_draws_without_a_word_on_the_console_and_without_sideways_scroll(visit, name, width):
    browser = visit(name, width)
    assert browser.get_log("browser") == []
    charts = browser.find_elements(By.CSS_SELECTOR, ".chart")
    assert charts
    for chart in charts:
        assert chart.find_element(By.TAG_NAME, "svg").size["width"] > 200
    sizes = browser.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert sizes[0] <= sizes[1]


def test_asks_nothing_of_the_network(visit):
    browser = visit()
    browser.get_log("performance")
    browser.refresh()
    _wait(browser, "return document.documentElement.dataset.drawn === 'true'")
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith("data:")] == [browser.current_url]


def test_markup_of_a_table_does_not_run(visit):
    browser = visit("hostile")
    assert browser.execute_script("return window.attacked") is None
    assert browser.find_elements(By.TAG_NAME, "img") == []


def test_arrow_keys_move_the_rule_of_both_charts_and_the_readout(visit, summary):
    browser = visit()
    lasso = summary["paths"][1]
    slider = browser.find_element(By.ID, "alpha")
    start = int(slider.get_attribute("value"))
    before, shown = _rules(browser), _read(browser, "alpha")
    slider.send_keys(Keys.ARROW_RIGHT * 5)
    WebDriverWait(browser, 5).until(lambda b: min(_rules(b)) > max(before))
    after = _rules(browser)
    assert after[0] == pytest.approx(after[1], abs=1.5)
    assert int(slider.get_attribute("value")) == start + 5
    assert _read(browser, "alpha") != shown
    assert float(_read(browser, "alpha")) == pytest.approx(lasso["alphas"][start + 5], rel=1e-3)
    assert _read(browser, "nonzero") == f"{lasso['n_nonzero'][start + 5]} of 10"
    assert _read(browser, "alpha") in slider.get_attribute("aria-valuetext")


def test_all_features_are_counted_not_only_those_that_are_drawn(visit):
    browser = visit("wide")
    browser.find_element(By.ID, "alpha").send_keys(Keys.END)
    used, total = _read(browser, "nonzero").split(" of ")
    assert total == "500"
    assert int(used) > 200
    note = browser.find_element(By.ID, "path-note").text
    assert "60 features are drawn" in note
    assert "440 others are left out" in note
    assert "440 others are left out" in note


def test_curves_and_leaderboard_are_in_one_unit_and_say_so(visit, summary):
    browser = visit()
    title = browser.find_element(By.ID, "curve-title").text
    assert title == "Lasso: training and validation RMSE, in progression"
    assert "RMSE" in browser.find_element(By.ID, "chart-curve").text
    path = summary["paths"][1]
    chosen = path["alphas"].index(path["alpha_1se"])
    error, half = map(float, _read(browser, "validation").split(" ± "))
    assert error == pytest.approx(path["validation_error"][chosen] ** 0.5, abs=0.01)
    assert half == pytest.approx(path["validation_se"][chosen] / (2 * error), rel=0.02)


def test_the_mixture_of_the_elastic_net_is_said(visit):
    browser = visit()
    assert "l1_ratio" not in browser.find_element(By.ID, "path-note").text
    chosen = browser.find_element(By.CSS_SELECTOR, "input[name=family]:checked")
    chosen.send_keys(Keys.ARROW_RIGHT)
    assert "l1_ratio = 0.5. Half of each." in browser.find_element(By.ID, "path-note").text


def test_axes_write_thousands_out(browser, summary, tmp_path):
    for path in summary["paths"]:
        path["coefs"] = [[1000 * c for c in coefs] for coefs in path["coefs"]]
    page = tmp_path / "page.html"
    page.write_text(render(summary), encoding="utf-8")
    browser.get(page.as_uri())
    _wait(browser, "return document.documentElement.dataset.drawn === 'true'")
    labels = browser.find_element(By.ID, "chart-path").text
    assert "20,000" in labels
    assert "e+" not in labels


@pytest.mark.parametrize(("width", "cut"), [(1280, False), (360, True)])
def test_a_table_that_goes_on_beyond_the_edge_says_so_until_its_end(visit, width, cut):
    browser = visit(width=width)
    box = browser.find_element(By.CSS_SELECTOR, "#leaderboard .scroll")
    hint = browser.find_element(By.CSS_SELECTOR, "#leaderboard .hint")
    assert hint.is_displayed() == cut
    assert ("more" in box.get_attribute("class")) == cut
    assert (_mask(browser, box) != "none") == cut
    browser.execute_script("arguments[0].scrollLeft = 1e4", box)
    WebDriverWait(browser, 5).until(lambda b: "more" not in box.get_attribute("class"))
    assert hint.is_displayed() == cut
    name = box.find_element(By.CSS_SELECTOR, "tbody th")
    assert name.rect["x"] >= 0  # the technique's name stays in sight


def _mask(browser, element):
    return browser.execute_script("return getComputedStyle(arguments[0]).maskImage", element)


def test_ends_of_the_slider_are_the_null_model_and_the_largest(visit, summary):
    browser = visit()
    slider = browser.find_element(By.ID, "alpha")
    slider.send_keys(Keys.HOME)
    assert browser.find_element(By.ID, "bars-note").text == "No feature is in the model."
    slider.send_keys(Keys.END)
    shown = browser.find_elements(By.CSS_SELECTOR, "#bars li:not(.gone) .name")
    last = [coefs[-1] for coefs in summary["paths"][1]["coefs"]]
    ranked = sorted(zip(map(abs, last), summary["paths"][1]["features"], strict=True), reverse=True)
    assert [name.text for name in shown] == [name for size, name in ranked if size > 0]


def test_buttons_jump_to_the_two_rules(visit, summary):
    browser = visit()
    for button, rule in (("jump-min", "alpha_min"), ("jump-one-se", "alpha_1se")):
        browser.find_element(By.ID, button).send_keys(Keys.ENTER)
        alpha = float(_read(browser, "alpha"))
        assert alpha == pytest.approx(summary["paths"][1][rule], rel=1e-3)


def test_families_change_by_keyboard(visit, summary):
    browser = visit()
    chosen = browser.find_element(By.CSS_SELECTOR, "input[name=family]:checked")
    chosen.send_keys(Keys.ARROW_RIGHT)
    assert browser.find_element(By.ID, "path-title").text == "Elastic net: coefficient paths"
    one_se = summary["paths"][2]["alpha_1se"]
    assert float(_read(browser, "alpha")) == pytest.approx(one_se, rel=1e-3)
    assert browser.get_log("browser") == []


def test_a_click_on_a_chart_moves_the_slider(visit):
    browser = visit()
    slider = browser.find_element(By.ID, "alpha")
    before = int(slider.get_attribute("value"))
    chart = browser.find_element(By.CSS_SELECTOR, "#chart-path svg")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    ActionChains(browser).move_to_element_with_offset(chart, 120, 0).click().perform()
    assert int(slider.get_attribute("value")) > before


def test_thumb_stands_above_the_rule(visit):
    browser = visit()
    slider = browser.find_element(By.ID, "alpha")
    for key in (Keys.HOME, Keys.END):
        slider.send_keys(key)
        edge = browser.execute_script(
            """const box = arguments[0].getBoundingClientRect();
               return arguments[1] ? box.right - 8 : box.left + 8""",
            slider,
            key == Keys.END,
        )
        WebDriverWait(browser, 5).until(lambda b, edge=edge: abs(_rules(b)[0] - edge) < 3)


def test_charts_follow_a_change_of_theme_and_print_light(visit):
    browser = visit()
    label = "#chart-path .role-axis-label text"
    light = _fill(browser, label)
    _emulate(browser, "dark")
    _wait(browser, "return matchMedia('(prefers-color-scheme: dark)').matches")
    dark = _fill(browser, label)
    page = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert dark != light
    assert max(map(int, page[4:-1].split(","))) < 60
    _emulate(browser, "dark", media="print")
    assert _fill(browser, label) == light


def test_skip_link_comes_first_and_leads_to_the_verdict(visit):
    browser = visit()
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    focused = browser.switch_to.active_element
    assert focused.text == "Skip to the verdict"
    assert focused.rect["y"] >= 0
    focused.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "verdict"


def test_copy_button_says_what_it_did(visit):
    browser = visit()
    browser.find_element(By.CSS_SELECTOR, ".copy").send_keys(Keys.ENTER)
    said = WebDriverWait(browser, 5).until(lambda b: b.find_element(By.ID, "copied").text)
    assert said.startswith(("Copied", "Selected"))


def test_folded_figures_unfold_by_keyboard(visit, summary):
    browser = visit()
    fold = browser.find_element(By.CSS_SELECTOR, "#leaderboard summary")
    fold.send_keys(Keys.ENTER)
    score = summary["leaderboard"][0]["fold_scores"][0]
    assert f"{score:.2f}" in browser.find_element(By.CSS_SELECTOR, "#leaderboard details").text
