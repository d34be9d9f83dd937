"""How a command of ours ends its process: everything a library registered is run, nothing is torn down.

DuckDB's binding prints some forty lines "nanobind: leaked ..." when Python ends while one of its types is still
referred to. That is so whenever Great Expectations and SQLAlchemy's DuckDB dialect are both loaded: the two imports
alone show it, in either order, so nothing of ours can let go; and the binding gives Python no switch for the warning.
To an operator it looks like a fault. So the one thing that is left out is the taking apart of modules.
"""

import atexit
import os
import sys
from collections.abc import Callable

_NOT_WRITTEN = 120  # Python's own code for output that could not be written at the end


def run_and_leave(main: Callable[[], object]) -> None:
    """Run a command line to its end; the process then leaves with the code it would have left with.

    What is registered first is run last: by then Python has waited for threads and run what every library
    imported since has registered (log handlers, pools of processes). Call it before heavy imports.
    """
    code = 1  # of an error nobody caught, whose traceback is told by then

    def leave() -> None:
        os._exit(code if _flushed() else code or _NOT_WRITTEN)

    atexit.register(leave)
    try:
        main()
        code = 0
    except SystemExit as ending:
        code = _number(ending.code)
        raise


def _number(code: object) -> int:
    """What a shell sees of `sys.exit(code)`: a text is told by Python and counts as 1."""
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


def _flushed() -> bool:
    """Write out what is buffered; False when there is nobody left to read it."""
    done = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            done = False
    return done
