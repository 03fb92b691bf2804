internal import FastVerify

/// Gets one response piece by piece: follows redirects within its origin and checks the head. Keeps nothing.
struct StreamFetch: Sendable {
    typealias Failure = DocumentFetch.Failure

    let limits: FetchLimits
    let transport: any StreamTransport
    /// For a `Retry-After` that is a date.
    let clock: UnixClock

    /// Hands the body over. Returns the head: status 200 and one of the media types, 204, or 304 where the headers ask
    /// for it; the latter two have no body. A false from `receive` ends it.
    func get(
        _ start: EndpointURL, _ types: Set<String>, _ headers: [(name: String, value: String)],
        head hear: (KeyResponse) -> Void, body receive: ([UInt8]) throws(FetchError) -> Bool
    ) async throws(Failure) -> KeyResponse {
        let headers = DocumentFetch.headers(accepting: types) + headers
        let isConditional = headers.contains { $0.name == "if-none-match" }
        var url = start
        for _ in 0...limits.redirects {
            let request = KeyRequest(endpoint: url, headers: headers, limits: limits)
            var head: KeyResponse?
            var next: EndpointURL?
            do throws(FetchError) {
                try await transport.stream(request) { part throws(FetchError) in
                    switch part {
                    case .head(let response):
                        head = response
                        next = try response.redirection(from: url, within: start)
                        guard next == nil else { return false }
                        if response.status != 204 { try response.check(types, isConditional: isConditional) }
                        hear(response)
                        return response.status == 200
                    case .body(let bytes): return try receive(bytes)
                    }
                }
            } catch {
                throw head.map { Failure(error, $0, now: clock.now) } ?? Failure(reason: error)
            }
            guard let head else { throw Failure(reason: .interrupted) }
            guard let target = next else { return head }
            url = target
        }
        throw Failure(reason: .redirectRefused)
    }
}
