"""The benchmark: ``python -m tests.benchmarks``, or ``make bench``. docs/benchmarks.md says how it measures."""
