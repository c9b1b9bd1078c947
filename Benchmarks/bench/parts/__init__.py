"""One module per part; each has `NAME`, `TITLE` and `measure(bench) -> [Table]`."""
