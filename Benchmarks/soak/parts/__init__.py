"""One series each: NAME, TITLE, `run(soak)` returns a `Table` with its verdicts."""
