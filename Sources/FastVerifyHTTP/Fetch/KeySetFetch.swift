internal import FastVerify

/// One fetch: discovery where it is due, redirects, checks of the response, import of the keys. Keeps nothing.
struct KeySetFetch: Sendable {
    /// What earlier fetches have learnt.
    struct Known: Sendable, Hashable {
        /// Of the keys in force; `nil` without any.
        var entityTag: String?
        /// What the issuer's metadata named, and when.
        var keysURL: EndpointURL?
        var keysURLTime: Duration = .zero
    }

    enum Answer: Sendable {
        case keys(ImportedKeys, Freshness)
        /// 304: the keys in force are still the issuer's.
        case unchanged(Freshness)
    }

    typealias Failure = DocumentFetch.Failure

    let location: KeySetLocation
    let rules: KeyFetchRules
    private let documents: DocumentFetch

    init(location: KeySetLocation, rules: KeyFetchRules, transport: any KeyTransport, clock: UnixClock = .system) {
        self.location = location
        self.rules = rules
        documents = DocumentFetch(limits: rules.limits, transport: transport, clock: clock)
    }

    private func get(
        _ url: EndpointURL, _ types: Set<String>, _ headers: [(name: String, value: String)]
    ) async throws(Failure) -> KeyResponse {
        guard rules.allowsScheme(of: url) else { throw Failure(reason: .keysURLRefused) }
        return try await documents.get(url, types, headers)
    }

    /// The URL of the keys: configured, or named by the issuer's metadata.
    func discover() async throws(Failure) -> EndpointURL {
        guard case .issuer(let issuer, let documents) = location.place else { return location.endpoint }
        var failure = Failure(reason: .malformedMetadata)
        for document in documents {
            do throws(Failure) {
                return try await keysURL(issuer, document)
            } catch {
                failure = error
                guard case .status(400..<500) = error.reason, error.retryAfter == nil else { break }
            }
        }
        throw failure
    }

    private func keysURL(_ issuer: String, _ document: EndpointURL) async throws(Failure) -> EndpointURL {
        let response = try await get(document, ["application/json"], [])
        let metadata = try? withUnverifiedClaims(response.body) { ($0["issuer"]?.string, $0["jwks_uri"]?.string) }
        guard let name = metadata?.0, let text = metadata?.1 else { throw Failure(reason: .malformedMetadata) }
        // RFC 8414 §3.3: identical, without any normalisation.
        guard name.utf8.elementsEqual(issuer.utf8) else { throw Failure(reason: .issuerMismatch) }
        guard let url = EndpointURL(text), rules.allowsKeys(at: url, namedBy: document) else {
            throw Failure(reason: .keysURLRefused)
        }
        return url
    }

    /// The keys at `url`. With a tag, the server may confirm what is known; `isSuspicious` asks caches on the way to ask
    /// the server itself.
    func keys(at url: EndpointURL, entityTag: String?, isSuspicious: Bool) async throws(Failure) -> Answer {
        var headers: [(name: String, value: String)] = []
        // A fetch that a token's unknown `kid` has caused doubts what is known, so it is not asked to be confirmed.
        if let entityTag, !isSuspicious { headers.append(("if-none-match", entityTag)) }
        if isSuspicious { headers.append(("cache-control", "no-cache")) }
        let response = try await get(url, rules.contentTypes, headers)
        if response.status == 304 { return .unchanged(Freshness(response)) }
        do throws(FetchError) {
            let imported = try ImportedKeys(
                response.body, entityTag: response.value("etag").flatMap(Self.entityTag), limits: rules.limits)
            return .keys(imported, Freshness(response))
        } catch {
            throw Failure(reason: error)
        }
    }

    /// RFC 9110 §8.8.3, as far as it is worth sending back.
    static func entityTag(_ tag: String) -> String? {
        guard tag.utf8.count <= 256, tag.hasSuffix("\""),
            tag.hasPrefix("\"") || tag.hasPrefix("W/\""), tag.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { return nil }
        return tag
    }
}
