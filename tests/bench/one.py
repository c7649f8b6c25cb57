"""Run one benchmark module: its `run(quick)` returns figures."""

import argparse
import importlib
import sys


def main() -> int:
    """Print the figures; exit 1 where one misses its bar (quick: twice its bar)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    module = importlib.import_module(f"tests.bench.bench_{asked.name}")
    figures = module.run(asked.quick)
    print(f"-- {asked.name}{' (quick)' if asked.quick else ''}")
    for figure in figures:
        print(figure.line(), flush=True)
    return any(figure.fails(2.0 if asked.quick else 1.0) for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
