import Testing
import Transport

@testable import Engine

struct EndpointTests {
    /// Without a port those of libcurl.
    @Test(arguments: [
        ("http://proxy", "proxy", 1_080), ("http://proxy:3128", "proxy", 3_128),
        ("https://proxy", "proxy", 443), ("socks5://proxy", "proxy", 1_080),
        ("socks5h://user:word@proxy/", "proxy", 1_080), ("http://user@[::1]", "::1", 1_080),
        ("https://[::1]:8443", "::1", 8_443),
    ])
    func `a proxy is looked up where it is connected to`(
        _ url: String, _ host: String, _ port: UInt16
    ) {
        #expect(Endpoint.proxyQuery(url) == Resolver.Query(host: host, port: port))
    }
}
