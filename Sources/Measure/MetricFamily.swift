/// One family of a scrape: its metadata and its series in the order in which they are shown.
package struct MetricFamily {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package let name: String
    package let help: String
    package let kind: Kind
    package let series: [Series]

    package init(name: String, help: String, kind: Kind, series: [Series]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.series = series
    }
}

/// One series: labels that never change and a way to read its value now, called once per scrape.
package struct Series {
    package let labels: [Label]
    package let read: () -> Sample

    package init(_ labels: [Label] = [], read: @escaping () -> Sample) {
        self.labels = labels
        self.read = read
    }
}

package struct Label: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

package enum Sample: Sendable {
    case integer(UInt64)
    case signed(Int64)
    case real(Double)
    case histogram(HistogramSnapshot)
}
