"""Measurements, one small module a question; ``python -m benchmarks [NAME…] [--json]`` runs them.

A benchmark never fails because a machine is slow: it says what it saw. What is compared is measured within one run, in
alternating repetitions, so that a ratio means something where a time does not. ``docs/explanation/performance.md``
holds the last results.
"""
