"""httpx without its own command line, which draws with rich and pygments."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def leave_out_console() -> None:
    """Call before httpx is imported first: it then takes its command line for not installed.

    That saves a third of its import and some megabytes of memory; httpx itself allows for it
    (`httpx/__init__.py`: "except ImportError"). A None in `sys.modules` is the import system's way
    to say that a module is not there (Python reference, 5.3.1).
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # typeshed omits the None
    # httpcore asks for sniffio at each request, and Python would look through all folders for it.
    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # typeshed omits the None
