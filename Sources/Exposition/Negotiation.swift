/// A form in which the page can be had.
package struct ExpositionFormat: Hashable, Sendable {
    /// What a client asks for: `text/plain`.
    let mediaType: String
    /// Parameters that a client may ask for; one that is not listed here is passed over (`charset`,
    /// `escaping`).
    let parameters: [String: String]
    /// What the answer says.
    package let contentType: String

    /// Prometheus' text format 0.0.4: what is served when nothing better is agreed on.
    package static let text004 = ExpositionFormat(
        mediaType: "text/plain", parameters: ["version": "0.0.4"],
        contentType: "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
}

/// What a client of `/metrics` gets, by the weights that it gave.
package enum Negotiation {
    /// The format with the greatest weight; the first one offered when nothing fits, never 406,
    /// because a scrape that fails helps nobody.
    /// - Parameters:
    ///   - accept: the `Accept` header's value; nil without one.
    ///   - offers: in the server's order of preference, which settles equal weights.
    package static func format(
        accept: String?, offers: [ExpositionFormat] = [.text004]
    ) -> ExpositionFormat {
        let members = accept.map(WeightedMember.list) ?? []
        var best = (format: offers[0], quality: 0.0)
        for offer in offers {
            let quality = quality(of: offer, members: members)
            if quality > best.quality { best = (offer, quality) }
        }
        return best.format
    }

    /// The weight of the most specific member that fits (RFC 9110 §12.5.1).
    private static func quality(
        of offer: ExpositionFormat, members: [WeightedMember]
    ) -> Double {
        var best = (specificity: -1, quality: 0.0)
        for member in members {
            guard let specificity = specificity(of: member, for: offer) else { continue }
            if specificity > best.specificity { best = (specificity, member.quality) }
        }
        return best.quality
    }

    /// How exactly a member names the offer; nil when it names something else.
    private static func specificity(
        of member: WeightedMember, for offer: ExpositionFormat
    ) -> Int? {
        if member.name == "*/*" { return 0 }
        let type = offer.mediaType.prefix { $0 != "/" }
        if member.name == type + "/*" { return 1 }
        guard member.name == offer.mediaType else { return nil }
        var matches = 0
        for (name, value) in member.parameters {
            guard let offered = offer.parameters[name] else { continue }
            if value != offered { return nil }
            matches += 1
        }
        return 2 + matches
    }

    /// Whether an answer may be compressed by gzip. Without the header it is not, although RFC 9110
    /// §12.5.3 would allow it: plain curl and wget then print readable text.
    /// - Parameter acceptEncoding: the `Accept-Encoding` header's value; nil without one.
    package static func allowsGzip(acceptEncoding: String?) -> Bool {
        let members = acceptEncoding.map(WeightedMember.list) ?? []
        let named = members.first { $0.name == "gzip" || $0.name == "x-gzip" }
        let member = named ?? members.first { $0.name == "*" }
        guard let member, member.quality > 0 else { return false }
        let identity = members.first { $0.name == "identity" }
        return identity.map { $0.quality <= member.quality } ?? true
    }
}
