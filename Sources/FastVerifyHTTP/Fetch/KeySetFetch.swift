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

    struct Failure: Error, Sendable {
        let reason: FetchError
        var retryAfter: Duration?
    }

    let location: KeySetLocation
    let rules: KeyFetchRules
    let transport: any KeyTransport

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

    private func get(
        _ start: EndpointURL, _ types: Set<String>, _ headers: [(name: String, value: String)]
    ) async throws(Failure) -> KeyResponse {
        guard rules.allowsScheme(of: start) else { throw Failure(reason: .keysURLRefused) }
        let common = [
            (name: "accept", value: types.sorted().joined(separator: ", ")), ("accept-encoding", "identity"),
            ("user-agent", "FastVerify"),
        ]
        var url = start
        for _ in 0...rules.limits.redirects {
            let request = KeyRequest(endpoint: url, headers: common + headers, limits: rules.limits)
            let response: KeyResponse
            do throws(FetchError) {
                response = try await transport.response(to: request)
            } catch {
                throw Failure(reason: error)
            }
            guard [301, 302, 303, 307, 308].contains(response.status) else {
                let isConditional = headers.contains { $0.name == "if-none-match" }
                return try check(response, types, isConditional: isConditional)
            }
            // Another origin may be another party, and http is one in any case.
            guard let location = response.value("location"), let next = url.resolving(location),
                next.hasOrigin(of: start)
            else { throw Failure(reason: .redirectRefused) }
            url = next
        }
        throw Failure(reason: .redirectRefused)
    }

    private func check(
        _ response: KeyResponse, _ types: Set<String>, isConditional: Bool
    ) throws(Failure) -> KeyResponse {
        if response.status == 304 {
            guard isConditional else { throw Failure(reason: .nothingToConfirm) }
            return response
        }
        guard response.status == 200 else {
            throw Failure(reason: .status(response.status), retryAfter: Freshness.retryAfter(response))
        }
        guard response.body.count <= rules.limits.bodyBytes else { throw Failure(reason: .tooLarge) }
        guard response.values("content-encoding").allSatisfy({ $0.lowercased() == "identity" }) else {
            throw Failure(reason: .contentEncoding)
        }
        let type = response.value("content-type")?.split(separator: ";", omittingEmptySubsequences: false).first
        guard let type, types.contains(type.trimming(" \t").lowercased()) else { throw Failure(reason: .contentType) }
        return response
    }

    /// RFC 9110 §8.8.3, as far as it is worth sending back.
    static func entityTag(_ tag: String) -> String? {
        guard tag.utf8.count <= 256, tag.hasSuffix("\""),
            tag.hasPrefix("\"") || tag.hasPrefix("W/\""), tag.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { return nil }
        return tag
    }
}
