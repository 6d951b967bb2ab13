"""The report of a comparison: the summary dict as one self-contained HTML page."""

from __future__ import annotations

from os import PathLike

from taut.report.files import check_writable, replace_file

__all__ = ["check_writable", "render", "write"]

_EXTRA = {"altair", "jinja2", "vl_convert"}


def render(summary: dict) -> str:
    """Write the report of a comparison as one HTML page that needs no network.

    Parameters
    ----------
    summary : dict
        The summary of a comparison: plain JSON types only.

    Returns
    -------
    str
        A whole HTML document, charts and their library included.

    Raises
    ------
    ImportError
        If the packages of the extra ``compare`` are not installed.
    """
    try:
        from taut.report.page import page
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise ImportError(
            f"the report needs the extra 'compare' ({error.name} is not installed): "
            'pip install "taut[compare]"'
        ) from error
    return page(summary)


def write(summary: dict, path: str | PathLike[str]) -> None:
    """Render the report and write it to `path`: whole, or not at all.

    Parameters
    ----------
    summary : dict
        The summary of a comparison: plain JSON types only.
    path : str or path-like
        The HTML file. One that exists is replaced.

    Raises
    ------
    OSError, ValueError
        If the file cannot be written; see `check_writable`.
    ImportError
        If the packages of the extra ``compare`` are not installed.
    """
    target = check_writable(path)
    replace_file(target, render(summary))
