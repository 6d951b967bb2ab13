"""Summaries, their pages and one headless browser for the report's tests."""

from __future__ import annotations

import shutil

import pytest
import report_summaries

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def summary() -> dict:
    """A fresh copy: a test may change it."""
    return report_summaries.diabetes_summary()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Files of the pages by the name of their summary: diabetes, wide, hostile, null."""
    report = pytest.importorskip("taut.report.page", reason="needs the extra 'compare'")
    folder = tmp_path_factory.mktemp("report")
    files = {}
    for name in ("diabetes", "wide", "hostile", "null"):
        files[name] = folder / f"{name}.html"
        html = report.page(getattr(report_summaries, f"{name}_summary")())
        files[name].write_text(html, encoding="utf-8")
    return files


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()
