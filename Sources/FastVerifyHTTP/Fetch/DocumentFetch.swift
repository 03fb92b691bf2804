internal import FastVerify

/// Gets one document: follows redirects within its origin and checks the response. Keeps nothing.
struct DocumentFetch: Sendable {
    struct Failure: Error, Sendable {
        let reason: FetchError
        var retryAfter: Duration?

        init(reason: FetchError, retryAfter: Duration? = nil) {
            self.reason = reason
            self.retryAfter = retryAfter
        }

        /// What is wrong with a response, and when to try again if it says so.
        init(_ reason: FetchError, _ response: KeyResponse, now: Int64) {
            self.reason = reason
            if case .status = reason { retryAfter = Freshness.retryAfter(response, now: now) }
        }
    }

    let limits: FetchLimits
    let transport: any KeyTransport
    /// For a `Retry-After` that is a date.
    let clock: UnixClock

    /// Headers that go with every request.
    static func headers(accepting types: Set<String>) -> [(name: String, value: String)] {
        [
            ("accept", types.sorted().joined(separator: ", ")), ("accept-encoding", "identity"),
            ("user-agent", "FastVerify"),
        ]
    }

    /// The response with status 200 and one of these media types; or 304, where the headers ask for it.
    func get(
        _ start: EndpointURL, _ types: Set<String>, _ headers: [(name: String, value: String)]
    ) async throws(Failure) -> KeyResponse {
        let headers = Self.headers(accepting: types) + headers
        var url = start
        for _ in 0...limits.redirects {
            let request = KeyRequest(endpoint: url, headers: headers, limits: limits)
            let response: KeyResponse
            do throws(FetchError) {
                response = try await transport.response(to: request)
            } catch {
                throw Failure(reason: error)
            }
            do throws(FetchError) {
                guard let next = try response.redirection(from: url, within: start) else {
                    try response.check(types, isConditional: headers.contains { $0.name == "if-none-match" })
                    guard response.body.count <= limits.bodyBytes else { throw .tooLarge }
                    return response
                }
                url = next
            } catch {
                throw Failure(error, response, now: clock.now)
            }
        }
        throw Failure(reason: .redirectRefused)
    }
}

extension KeyResponse {
    /// Where a redirect leads; `nil` for a response that is none. Another origin may be another party, and http is one in
    /// any case.
    func redirection(from url: EndpointURL, within start: EndpointURL) throws(FetchError) -> EndpointURL? {
        guard [301, 302, 303, 307, 308].contains(status) else { return nil }
        guard let location = value("location"), let next = url.resolving(location), next.hasOrigin(of: start) else {
            throw .redirectRefused
        }
        return next
    }

    /// Passes status 200 with one of these media types and nothing encoded; 304 as well, where it was asked for.
    func check(_ types: Set<String>, isConditional: Bool) throws(FetchError) {
        if status == 304 {
            guard isConditional else { throw .nothingToConfirm }
            return
        }
        guard status == 200 else { throw .status(status) }
        guard values("content-encoding").allSatisfy({ $0.lowercased() == "identity" }) else { throw .contentEncoding }
        let type = value("content-type")?.split(separator: ";", omittingEmptySubsequences: false).first
        guard let type, types.contains(type.trimming(" \t").lowercased()) else { throw .contentType }
    }
}
