"""Run every benchmark in a process of its own and print its figures against their bars."""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Exit 1 where a figure misses its bar (quick: twice its bar)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, bars doubled")
    parser.add_argument("names", nargs="*", help="such as build features; all by default")
    asked = parser.parse_args()
    names = asked.names or sorted(p.stem.removeprefix("bench_") for p in HERE.glob("bench_*.py"))
    failed = []
    for name in names:
        command = [sys.executable, "-m", "tests.bench.one", name]
        command += ["--quick"] if asked.quick else []
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"Missed a bar, or broke: {', '.join(failed)}")
    return len(failed) > 0


if __name__ == "__main__":
    sys.exit(main())
