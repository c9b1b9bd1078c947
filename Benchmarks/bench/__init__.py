"""Ballast's benchmarks: targets, peers, the launcher, the arithmetic; the parts in `parts`."""
