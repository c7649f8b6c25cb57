"""Benchmarks: `make bench`, or `make bench QUICK=1` with smaller sizes and doubled bars."""
