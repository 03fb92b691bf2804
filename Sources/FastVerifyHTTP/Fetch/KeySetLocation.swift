/// Where a key set is to be found.
public struct KeySetLocation: Sendable, Hashable {
    /// Which document of an issuer names the URL of its keys.
    public enum Discovery: Sendable, Hashable {
        /// OpenID Connect Discovery 1.0 §4: `/.well-known/openid-configuration` after the issuer's path.
        case openID
        /// RFC 8414 §3: `/.well-known/oauth-authorization-server` before the issuer's path.
        case oauth
        /// The first; the second where the server says that the first does not exist (a status from 400 to 499).
        case automatic
    }

    enum Place: Sendable, Hashable {
        case keys(EndpointURL)
        case issuer(String, [EndpointURL])
    }

    /// Why a location is refused.
    public enum Invalid: Error, Sendable, Hashable {
        /// Not an absolute `https` or `http` URL in plain spelling; or with user information or a fragment; an issuer also
        /// must not have a query (RFC 8414 §2).
        case malformedURL
        /// `http`, and `allowsInsecureHTTP` is not set.
        case insecureURL
    }

    let place: Place

    /// A JWK Set at this URL.
    public static func url(_ text: String) throws(Invalid) -> KeySetLocation {
        guard let url = EndpointURL(text) else { throw .malformedURL }
        return KeySetLocation(place: .keys(url))
    }

    /// The key set of an issuer, by its metadata. The metadata's `issuer` must be exactly this text.
    public static func issuer(
        _ issuer: String, discovery: Discovery = .automatic
    ) throws(Invalid) -> KeySetLocation {
        guard let url = EndpointURL(issuer), !url.target.contains("?") else { throw .malformedURL }
        // EndpointURL adds the root path; both RFCs remove a final slash.
        let path = url.target.hasSuffix("/") ? String(url.target.dropLast()) : url.target
        let openID = url.replacing(target: path + "/.well-known/openid-configuration")
        let oauth = url.replacing(target: "/.well-known/oauth-authorization-server" + path)
        let documents =
            switch discovery {
            case .openID: [openID]
            case .oauth: [oauth]
            case .automatic: [openID, oauth]
            }
        return KeySetLocation(place: .issuer(issuer, documents))
    }

    /// The first URL that is asked.
    var endpoint: EndpointURL {
        switch place {
        case .keys(let url): url
        case .issuer(_, let documents): documents[0]
        }
    }

    /// What a snapshot of these keys is filed under.
    var name: String {
        switch place {
        case .keys(let url): "url " + url.text
        case .issuer(let issuer, _): "issuer " + issuer
        }
    }
}
