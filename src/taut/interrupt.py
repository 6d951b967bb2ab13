"""Ctrl-C while a library's long call runs that knows nothing of it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable

__all__ = ["interruptible"]

_WORTH = 2e8  # operations that take some tenths of a second: less is not worth a thread


def interruptible(operations: float, call: Callable, *arguments, abandon=None):
    """``call(*arguments)``, where Ctrl-C need not wait for its end.

    Python hears of signals in its main thread and between instructions only, and LAPACK may take
    many seconds for one. So a long call is made in a thread of its own while the main thread waits.
    Where that is interrupted, it leaves at once: the call cannot be stopped, ends by itself in the
    background, and what it returns is dropped; its memory is held until then.

    Parameters
    ----------
    operations : float
        About how many there are, up to a small factor; a short call is made where it stands.
    call : callable
        It must release the interpreter's lock, as NumPy's linear algebra and the core do, and most
        of SciPy's does not. It must write to nothing but what it returns.
    *arguments
    abandon : callable, default None
        Called where the wait was interrupted, to ask the call to end early. Calls into the core
        need one: the interpreter waits for their end before it exits, which C++ asks for.

    Returns
    -------
    object
        What the call returns; its exceptions are raised here.
    """
    if operations < _WORTH or threading.current_thread() is not threading.main_thread():
        return call(*arguments)
    outcome, ended = {}, threading.Event()
    context = contextvars.copy_context()  # numpy.errstate, among others

    def run():
        try:
            outcome["value"] = context.run(call, *arguments)
        except BaseException as error:
            outcome["error"] = error
        finally:
            ended.set()

    threading.Thread(target=run, daemon=abandon is None).start()
    try:
        ended.wait()
    except BaseException:
        if abandon is not None:
            abandon()
        raise
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]
