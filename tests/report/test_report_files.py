"""Writing the report: checked before the long work, whole or not at all, no junk."""

from __future__ import annotations

import os
import stat

import pytest

from taut import report
from taut.report import check_writable
from taut.report.files import replace_file


def test_check_leaves_nothing_behind(tmp_path):
    target = check_writable(tmp_path / "report.html")
    assert target == (tmp_path / "report.html").resolve()
    assert list(tmp_path.iterdir()) == []


def test_check_leaves_an_old_report_as_it_was(tmp_path):
    old = tmp_path / "report.html"
    old.write_text("old")
    before = old.stat()
    check_writable(str(old))
    assert old.read_text() == "old"
    assert old.stat().st_mtime_ns == before.st_mtime_ns
    assert list(tmp_path.iterdir()) == [old]


def test_relative_path_is_of_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check_writable("report.html") == tmp_path.resolve() / "report.html"


def _pipe(folder):
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def _file_as_folder(folder):
    (folder / "file").write_text("")
    return folder / "file" / "report.html"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda folder: "", ValueError, "empty"),
        (lambda folder: folder, IsADirectoryError, "it is a folder"),
        (lambda folder: folder / "no" / "r.html", FileNotFoundError, "does not exist; create it"),
        (_file_as_folder, NotADirectoryError, "is not a folder"),
        (_pipe, ValueError, "not a regular file"),
        (lambda folder: folder / ("n" * 300), OSError, "choose"),
    ],
    ids=["empty", "folder", "missing folder", "file as folder", "pipe", "name too long"],
)
def test_refusal_names_argument_path_and_fix(tmp_path, make, error, words):
    path = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(error, match=words) as caught:
        check_writable(path)
    assert str(caught.value).startswith("report: ")
    assert str(path) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_error_names_the_option_that_gave_the_path(tmp_path):
    with pytest.raises(OSError, match=r"^--json: "):
        check_writable(tmp_path, name="--json")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_and_file_are_refused(tmp_path):
    locked = tmp_path / "locked.html"
    locked.write_text("old")
    locked.chmod(0o444)
    with pytest.raises(PermissionError, match="read-only"):
        check_writable(locked)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(PermissionError, match="cannot write"):
            check_writable(tmp_path / "new.html")
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc")
def test_folder_that_takes_no_files_is_refused_even_for_root():
    with pytest.raises(OSError, match=r"cannot write '/proc/report\.html'"):
        check_writable("/proc/report.html")


def test_replacing_keeps_the_mode_and_follows_a_link(tmp_path):
    real, link = tmp_path / "real.html", tmp_path / "link.html"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    replace_file(check_writable(link), "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_an_interrupted_write_keeps_the_old_file_and_leaves_no_junk(tmp_path, monkeypatch):
    old = tmp_path / "report.html"
    old.write_text("old")

    def interrupt(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(old), "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(old, "new")
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_write_checks_the_path_before_it_renders(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "render", lambda summary: pytest.fail("rendered too early"))
    with pytest.raises(FileNotFoundError):
        report.write({}, tmp_path / "no" / "report.html")


def test_write_puts_the_rendered_page_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "render", lambda summary: f"page of {summary['name']}, × ⁻")
    report.write({"name": "x"}, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == "page of x, × ⁻".encode()
