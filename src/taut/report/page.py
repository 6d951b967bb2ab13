"""From the summary dict to the page: what the template needs, and nothing else."""

from __future__ import annotations

from functools import cache
from importlib import resources

import jinja2
import vl_convert

from taut.report import charts
from taut.report.families import families
from taut.report.leaderboard import SHARES, improvement, interval_rows, table_rows
from taut.report.numbers import aligned, number, rounded, share

__all__ = ["page"]

MOST_BARS = 30
MOST_ROWS = 1000
MOST_NAMES = 100


def page(summary: dict) -> str:
    """The whole HTML document of a summary."""
    explorer = families(summary)
    coefficients = _coefficients(summary["pick"])
    n_nonzero = sum(row["coefficient"] != 0 for row in summary["pick"]["coefficients"])
    used = {row["feature"] for row in summary["pick"]["coefficients"] if row["coefficient"] != 0}
    rows = table_rows(summary["leaderboard"])
    return _template().render(
        **summary,
        rows=rows,
        picked=next(row for row in rows if row["picked"]),
        improvement=improvement(summary["leaderboard"], summary["metric"]),
        warnings=[n for n in summary["table"]["notes"] if n["level"] == "warning"],
        hints=[n for n in summary["table"]["notes"] if n["level"] != "warning"],
        coefficients=coefficients,
        n_nonzero=n_nonzero,
        n_used=len(used),
        n_open=min(n_nonzero, MOST_BARS),
        families=explorer,
        shares=SHARES,
        most_names=MOST_NAMES,
        data=_page_data(summary, explorer, coefficients),
        style=_text("style.css"),
        script=_text("explore.js"),
        library=_library(),
    )


@cache
def _library() -> str:
    """Vega, Vega-Lite and vega-embed in one script (all BSD-3-Clause)."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"number": number, "share": share}
    return environment.from_string(_text("template.html.j2"))


def _text(name: str) -> str:
    return resources.files("taut.report").joinpath(name).read_text(encoding="utf-8")


def _page_data(summary: dict, explorer: list[dict], coefficients: list[dict]) -> dict:
    specs = {"leaderboard": charts.leaderboard_chart(interval_rows(summary["leaderboard"]))}
    bars = [row for row in coefficients[:MOST_BARS] if row["standardised"] != 0]
    if bars:
        specs["coefficients"] = charts.coefficient_chart(
            [_bar(row) for row in bars], "standardised coefficient"
        )
    if explorer:
        specs["path"] = charts.path_chart("standardised coefficient")
        specs["curve"] = charts.curve_chart(summary["metric"]["name"])
    return {
        "config": charts.CONFIG,
        "specs": specs,
        "families": explorer,
        "metric": summary["metric"],
    }


def _bar(row: dict) -> dict:
    sign = "raises" if row["standardised"] > 0 else "lowers"
    return {
        "feature": row["feature"],
        "standardised": rounded(row["standardised"]),
        "sign": sign,
    }


def _named(row: dict) -> str:
    """The feature, and the class that the coefficient is for where there are several."""
    return f"{row['feature']} → {row['class']}" if "class" in row else row["feature"]


def _coefficients(pick: dict) -> list[dict]:
    """Largest first, as numbers and as text; a very wide table is cut, and the page says so."""
    largest_first = sorted(
        pick["coefficients"], key=lambda row: abs(row["standardised"]), reverse=True
    )
    shown = largest_first[:MOST_ROWS]
    standardised = aligned([row["standardised"] for row in shown])
    return [
        {
            **row,
            "feature": _named(row),
            "coefficient_text": number(row["coefficient"]),
            "standardised_text": text if row["standardised"] else "0",
        }
        for row, text in zip(shown, standardised, strict=True)
    ]
