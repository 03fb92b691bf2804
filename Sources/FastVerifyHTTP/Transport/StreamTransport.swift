internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// Carries one GET request to a server and hands over the response piece by piece, for as long as it goes on. Follows no
/// redirect, keeps no state between requests, decompresses nothing.
public protocol StreamTransport: Sendable {
    /// Calls `receive` with the head, then with pieces of the body; returns at the body's end, or once `receive` has said
    /// false. Obeys the limits of the request and the cancellation of the task, and reads no further than is received.
    func stream(
        _ request: KeyRequest, _ receive: (StreamPart) throws(FetchError) -> Bool
    ) async throws(FetchError)
}

/// A part of a response.
public enum StreamPart: Sendable {
    /// Without a body.
    case head(KeyResponse)
    case body([UInt8])
}

extension HTTPTransport: StreamTransport {
    public func stream(
        _ request: KeyRequest, _ receive: (StreamPart) throws(FetchError) -> Bool
    ) async throws(FetchError) {
        try await first(request) { address throws(FetchError) in
            do {
                try await HTTPClient.withHTTPClient(configuration: configuration(for: request, address)) { client in
                    try await Self.stream(request, by: client, receive)
                }
            } catch {
                throw FetchError(error)
            }
        }
    }

    private static func stream(
        _ request: KeyRequest, by client: HTTPClient, _ receive: (StreamPart) throws(FetchError) -> Bool
    ) async throws {
        let response = try await head(of: request, by: client)
        let head = KeyResponse(status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) })
        guard try receive(.head(head)) else { return }
        var count = 0
        for try await part in response.body {
            count += part.readableBytes
            guard count <= request.limits.bodyBytes else { throw FetchError.tooLarge }
            guard try receive(.body(Array(part.readableBytesView))) else { return }
        }
    }
}
