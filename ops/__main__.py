import os
import signal
import sys
from contextlib import suppress

from ops import install
from ops.steps import outlive_reader, say

outlive_reader()
# While modules load, Ctrl-C ends the process at once: as an exception it would land, and be lost, in any of them.
signal.signal(signal.SIGINT, signal.SIG_DFL)
try:
    from ops.cli import main
except ImportError as error:
    if (install.ROOT / (error.name or "").partition(".")[0]).is_dir():  # a mistake in our own code
        raise
    install.distrust()
    say(
        f"error: the packages in {install.VENV} are incomplete, or made for another Python ({error}).\n"
        "Run the same command again: it installs them afresh. If it ends here once more, this machine lacks "
        "what the package needs: the text in brackets names it."
    )
    sys.exit(1)

# Files that a person names are looked for where that person stands.
with suppress(OSError):
    os.chdir(os.environ.get("JTLD_CALLED_FROM") or ".")
main()
