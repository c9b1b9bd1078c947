import Testing

@testable import Exposition

@Suite struct NegotiationTests {
    private static let prometheus2 =
        "application/openmetrics-text;version=1.0.0,"
        + "application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    private static let prometheus2Native =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
        + "encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,"
        + "application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    private static let prometheus3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    private static let prometheus3Native =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
        + "encoding=delimited;q=0.6,"
        + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        + "application/openmetrics-text;version=0.0.1;q=0.4,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
        + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"

    /// A second format, so that weights have something to decide.
    private static let other = ExpositionFormat(
        mediaType: "application/openmetrics-text", parameters: ["version": "1.0.0"],
        contentType: "application/openmetrics-text; version=1.0.0")

    @Test(arguments: [
        nil, "", "*/*", prometheus2, prometheus2Native, prometheus3, prometheus3Native,
        "text/html", "text/plain;q=0", "garbage", ";;;,,,=", "application/json;q=2", "*/*;q=0",
    ])
    func `everybody gets format 0.0.4`(accept: String?) {
        #expect(
            Negotiation.format(accept: accept).contentType
                == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
    }

    @Test(
        arguments: [
            (prometheus2, true), (prometheus2Native, true), (prometheus3, true),
            (prometheus3Native, true), (nil, false), ("*/*", false),
            ("text/*;q=0.3, */*;q=0.4", true),
            ("application/openmetrics-text", true),
            ("application/openmetrics-text;version=0.0.1", false),
            ("application/openmetrics-text;q=0.1, text/plain;q=0.2", false),
            ("application/openmetrics-text;q=0, */*;q=0.2", false),
            ("text/plain;version=0.0.4;q=0.5, application/openmetrics-text;q=0.6", true),
            ("text/plain;q=0.9, text/plain;version=0.0.4;q=0.1, application/*;q=0.5", true),
            ("APPLICATION/OpenMetrics-Text; Version=\"1.0.0\" ; Q=0.5 , text/plain;q=0.4", true),
            ("application/openmetrics-text;note=\"a,b;q=0\";q=0.5, text/plain;q=0.4", true),
            ("application/openmetrics-text;q=abc, text/plain;q=0.1", false),
        ] as [(String?, Bool)])
    func `weights choose among the formats`(accept: String?, choosesOther: Bool) {
        let chosen = Negotiation.format(accept: accept, offers: [.text004, Self.other])
        #expect(chosen == (choosesOther ? Self.other : .text004))
    }

    @Test(
        arguments: [
            (nil, false), ("", false), ("gzip", true), ("GZIP", true), ("gzip;q=0", false),
            ("gzip;q=0.0, identity", false), ("identity", false), ("*", true), ("*;q=0", false),
            ("*;q=0, gzip", true), ("gzip;q=0, *", false), ("br, deflate", false),
            ("br;q=1.0, gzip;q=0.8, *;q=0.1", true), ("gzip;q=0.5, identity;q=0.9", false),
            ("x-gzip", true), ("gzipped", false), ("gzip;q=nonsense", false),
        ] as [(String?, Bool)])
    func `gzip is used where it is wanted`(header: String?, expected: Bool) {
        #expect(Negotiation.allowsGzip(acceptEncoding: header) == expected)
    }
}
