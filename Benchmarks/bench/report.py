"""Tables of figures: on the terminal, in the result files and in docs/performance.md."""

from dataclasses import asdict, dataclass, field


@dataclass
class Table:
    title: str
    columns: list
    rows: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    # (what, measured, bar, "ok" | "MISSED")
    bars: list = field(default_factory=list)

    def add(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def bar(self, what, measured, bar, holds):
        """Compares a figure with its bar; a miss is shown, it is not an error."""
        self.bars.append([what, str(measured), bar, "ok" if holds else "MISSED"])

    def note(self, text):
        self.notes.append(text)

    def data(self):
        return asdict(self)

    def markdown(self):
        parts = [f"**{self.title}**", "", *grid(self.columns, self.rows)]
        if self.bars:
            parts += ["", *grid(["bar", "measured", "at most / wanted", "verdict"], self.bars)]
        if self.notes:
            parts += ["", *self.notes]
        return "\n".join(parts) + "\n"


def grid(columns, rows):
    """A Markdown table whose columns line up in a terminal too."""
    table = [columns, *rows]
    widths = [max(len(str(row[i])) for row in table) for i in range(len(columns))]
    line = lambda cells: "| " + " | ".join(str(c).ljust(w) for c, w in zip(cells, widths)) + " |"
    return [line(columns), line(["-" * width for width in widths]), *map(line, rows)]


def us(seconds):
    return f"{seconds * 1e6:.0f} us"


def ms(seconds):
    return f"{seconds * 1e3:.1f} ms"


def mib(kib):
    return f"{kib / 1024:.1f}"
