"""The report's charts as Vega-Lite specifications; the data of the explorer joins in the browser.

Colours are CSS variables: the page's style sheet themes the charts, light, dark and printed, and a
change of theme needs no redrawing.
"""

from __future__ import annotations

import altair as alt

from taut.report.families import HIGHLIGHTS

__all__ = ["CONFIG", "coefficient_chart", "curve_chart", "leaderboard_chart", "path_chart"]

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"
_AXIS = {
    "labelColor": "var(--soft)",
    "titleColor": "var(--soft)",
    "domainColor": "var(--line)",
    "tickColor": "var(--line)",
    "gridColor": "var(--grid)",
    "labelFontSize": 12,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
    "titlePadding": 10,
    "tickSize": 4,
}
CONFIG = {
    "background": "transparent",
    "font": _FONT,
    "axis": _AXIS,
    "view": {"stroke": None},
    # The figure has one description; hundreds of spoken points would bury it.
    "aria": False,
}
# Seven digits, although fewer are shown: with n of them, 10^n and more would be written as 1e+4.
_NUMBER = ",.7~g"
_SLOTS = [f"var(--series-{slot})" for slot in range(HIGHLIGHTS)]


def leaderboard_chart(rows: list[dict]) -> dict:
    """Interval dot plot of the difference to the best technique, one line a technique.

    Each row: label, difference, low, high, role, text (for the tooltip), cutLow and cutHigh (the
    line goes on beyond the scale), beyond (so does the dot) and value (the dot's text then).
    """
    x = {
        "title": None,
        "scale": alt.Scale(nice=False, padding=8),
        "axis": alt.Axis(format=_NUMBER, tickCount=5),
    }
    lines = alt.Axis(domain=False, ticks=False, **_TECHNIQUES)
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=lines),
        color=alt.Color(
            "role:N",
            legend=None,
            scale=alt.Scale(
                domain=["pick", "level", "worse"],
                range=["var(--accent)", "var(--text)", "var(--faint)"],
            ),
        ),
        tooltip=[
            alt.Tooltip("label:N", title="technique"),
            alt.Tooltip("text:N", title="difference"),
        ],
    )
    dots = base.encode(x=alt.X("difference:Q", **x))
    low, high = alt.X("low:Q", **x), alt.X("high:Q", **x)
    arrow = {"filled": True, "size": 90, "opacity": 1}
    text = {"align": "left", "dx": 9, "fontSize": 12}
    chart = alt.layer(
        alt.Chart(alt.Data(values=[{}]))
        .mark_rule(stroke="var(--soft)", strokeDash=[2, 3])
        .encode(x=alt.datum(0)),
        base.mark_rule(strokeWidth=2.5).encode(x=low, x2="high:Q"),
        dots.transform_filter("!datum.beyond").mark_point(
            filled=True, size=80, opacity=1, stroke="var(--page)", strokeWidth=1.5
        ),
        base.transform_filter("datum.cutLow")
        .mark_point(shape="triangle-left", **arrow)
        .encode(x=low),
        base.transform_filter("datum.cutHigh")
        .mark_point(shape="triangle-right", **arrow)
        .encode(x=high),
        dots.transform_filter("datum.beyond")
        .mark_text(**text)
        .encode(text="value:N", color=alt.value("var(--soft)")),
    )
    return _spec(chart.properties(height=27 * len(rows)))


def coefficient_chart(rows: list[dict], title: str) -> dict:
    """Diverging bars of the standardised coefficients; each row: feature, standardised, sign."""
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(cornerRadiusEnd=2, height={"band": 0.66})
        .encode(
            x=alt.X("standardised:Q", title=title, axis=alt.Axis(format=_NUMBER, tickCount=5)),
            y=alt.Y(
                "feature:N",
                sort=None,
                title=None,
                axis=alt.Axis(domain=False, ticks=False, **_LABELS),
            ),
            color=alt.Color(
                "sign:N",
                legend=None,
                scale=alt.Scale(
                    domain=["raises", "lowers"], range=["var(--positive)", "var(--negative)"]
                ),
            ),
            tooltip=[
                alt.Tooltip("feature:N"),
                alt.Tooltip("standardised:Q", format=_NUMBER),
            ],
        )
    )
    zero = alt.Chart(alt.Data(values=[{}])).mark_rule(stroke="var(--soft)").encode(x=alt.datum(0))
    return _spec((chart + zero).properties(height=22 * len(rows)))


def path_chart(title: str) -> dict:
    """Coefficient paths along alpha. Named data: paths, labels, rules; parameters: alpha, room."""
    coefficient = alt.Y(
        "coefficient:Q",
        title=title,
        axis=alt.Axis(format=_NUMBER, tickCount=6, **_LEFT),
        scale=alt.Scale(zero=True),
    )
    colour = alt.Color(
        "slot:N", legend=None, scale=alt.Scale(domain=list(range(HIGHLIGHTS)), range=_SLOTS)
    )
    paths = alt.Chart(alt.NamedData("paths")).encode(
        x=_alpha_axis(), y=coefficient, detail="feature:N", tooltip=alt.Tooltip("feature:N")
    )
    coloured = paths.transform_filter("datum.slot >= 0").encode(color=colour)
    labels = alt.Chart(alt.NamedData("labels")).mark_text(
        align="left", dx=7, fontSize=12, limit=alt.ExprRef("room - 8")
    )
    chart = alt.layer(
        paths.transform_filter("datum.slot < 0").mark_line(
            stroke="var(--faint)", strokeWidth=1, opacity=0.55
        ),
        coloured.mark_line(strokeWidth=1.9),
        *_rules(),
        coloured.transform_filter("datum.alpha === alpha").mark_point(
            filled=True, size=42, opacity=1, stroke="var(--page)", strokeWidth=1
        ),
        labels.encode(
            x=_alpha_axis(), y="y:Q", text="short:N", color=colour, tooltip=alt.Tooltip("name:N")
        ),
        _spacer(),
    )
    return _spec(chart.add_params(*_parameters()).properties(height=300, padding=_PADDING))


def curve_chart(title: str) -> dict:
    """Training and validation error along alpha: how a penalty trades bias for variance.

    Named data: curve, ends, rules; parameters: alpha, room, low, high.
    """
    scale = alt.Scale(domain=alt.ExprRef("[low, high]"), zero=False, nice=False)
    axis = alt.Axis(format=_NUMBER, tickCount=5, **_LEFT)
    colour = alt.Color(
        "name:N",
        legend=None,
        scale=alt.Scale(
            domain=["train", "validation"], range=["var(--negative)", "var(--positive)"]
        ),
    )
    curve = alt.Chart(alt.NamedData("curve")).encode(x=_alpha_axis())
    error = alt.Y("error:Q", title=title, axis=axis, scale=scale)
    tooltip = [
        alt.Tooltip("name:N", title="error on"),
        alt.Tooltip("alpha:Q", format=_NUMBER),
        alt.Tooltip("error:Q", format=_NUMBER),
    ]
    chart = alt.layer(
        curve.transform_filter("datum.name === 'validation'")
        .mark_area(fill="var(--positive)", opacity=0.16, clip=True)
        .encode(y=alt.Y("low:Q", title=title, axis=axis, scale=scale), y2="high:Q"),
        curve.mark_line(strokeWidth=1.9, clip=True).encode(y=error, color=colour, tooltip=tooltip),
        *_rules(),
        curve.transform_filter("datum.alpha === alpha")
        .mark_point(filled=True, size=54, opacity=1, stroke="var(--page)", strokeWidth=1, clip=True)
        .encode(y=error, color=colour, tooltip=tooltip),
        alt.Chart(alt.NamedData("ends"))
        .mark_text(align="left", dx=7, fontSize=12)
        .encode(x=_alpha_axis(), y="y:Q", text="name:N", color=colour),
        _spacer(),
    )
    bounds = [alt.param(name="low", value=0), alt.param(name="high", value=1)]
    chart = chart.add_params(*_parameters(), *bounds)
    return _spec(chart.properties(height=230, padding=_PADDING))


# The names of techniques are taut's own, and short enough to be shown whole.
_TECHNIQUES = {
    "labelFontSize": 13,
    "labelColor": "var(--text)",
    "labelLimit": 200,
    "labelPadding": 8,
}
_LABELS = _TECHNIQUES | {
    "labelLimit": 170,
    # Names of columns often differ in their last letters only: cut the middle, not the end.
    "labelExpr": "length(datum.label) > 20"
    " ? slice(datum.label, 0, 10) + '…' + slice(datum.label, -9) : datum.label",
}
# One width for both vertical axes: the rule at alpha then stands at one place in both charts.
_LEFT = {"minExtent": 44, "maxExtent": 44, "domain": False, "ticks": False}
_PADDING = {"left": 2, "top": 18, "right": 2, "bottom": 4}


def _alpha_axis() -> alt.X:
    """Logarithmic, from strong to weak: read from left to right, a model grows."""
    return alt.X(
        "alpha:Q",
        title="alpha, strong to weak (log scale)",
        scale=alt.Scale(type="log", reverse=True, nice=False),
        axis=alt.Axis(grid=False, format=_NUMBER, tickCount=6, labelFlush=True, labelOverlap=True),
    )


def _parameters() -> list:
    return [alt.param(name="alpha", value=1.0), alt.param(name="room", value=120)]


def _rules() -> list:
    """Dashed rules at the alphas of the two rules, a solid one at the alpha that is explored."""
    marks = alt.Chart(alt.NamedData("rules")).encode(x=_alpha_axis())
    names = [
        marks.transform_filter(f"datum.align === '{align}'")
        .mark_text(align=align, dx=dx, fontSize=12, fill="var(--soft)")
        .encode(text="name:N", y=alt.value(-9))
        for align, dx in (("right", 3), ("left", -3))
    ]
    cursor = (
        alt.Chart(alt.Data(values=[{}]), name="cursor")
        .transform_calculate(alpha="alpha")
        .mark_rule(stroke="var(--text)", strokeWidth=1.5)
        .encode(x=_alpha_axis())
    )
    return [marks.mark_rule(stroke="var(--soft)", strokeDash=[4, 4]), *names, cursor]


def _spacer() -> alt.Chart:
    """Nothing to see: it holds the room for names, so that both charts end at one place."""
    place = {"x": alt.value(alt.ExprRef("width + room")), "y": alt.value(0)}
    return alt.Chart(alt.Data(values=[{}])).mark_point(size=0, opacity=0).encode(**place)


def _spec(chart: alt.TopLevelMixin) -> dict:
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    spec = chart.properties(width="container", autosize=fit).to_dict()
    # The page holds the one version that reads these: the address of a schema says nothing here.
    spec.pop("$schema")
    spec.pop("config", None)
    return spec
