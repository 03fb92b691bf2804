/// Carries one GET request to a server and brings one response back. Follows no redirect, keeps no state between
/// requests, decompresses nothing. `HTTPTransport` is the one for networks; a test brings its own.
public protocol KeyTransport: Sendable {
    /// Obeys the limits of the request and the cancellation of the task.
    func response(to request: KeyRequest) async throws(FetchError) -> KeyResponse
}

/// A GET request.
public struct KeyRequest: Sendable {
    let endpoint: EndpointURL
    /// Names in lower case.
    public let headers: [(name: String, value: String)]
    public let limits: FetchLimits

    /// An absolute URL.
    public var url: String { endpoint.text }
    public var host: String { endpoint.host }
}

/// The response, complete.
public struct KeyResponse: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// All values of a header, in order; the name compares without case.
    func values(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// The value of a header that may stand only once; `nil` when it is absent or stands more than once.
    func value(_ name: String) -> String? {
        let values = values(name)
        return values.count == 1 ? values[0] : nil
    }
}
