"""One `dims` command as a job: it gives way to everything else, and stops in good order."""

import os
import runpy
import signal
import sys


def main() -> None:
    """Run `dims` with the arguments of this process; SIGTERM ends it like an error would."""
    os.nice(10)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # workers and their files go first
    sys.argv[0] = "dims"
    runpy.run_module("catalog.commands.cli", run_name="__main__")


if __name__ == "__main__":
    main()
