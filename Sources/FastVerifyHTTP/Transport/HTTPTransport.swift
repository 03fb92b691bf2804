internal import AsyncHTTPClient
internal import FastVerifyAccess
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Fetches over HTTP/1.1 and TLS 1.2 or later with AsyncHTTPClient, one connection for each request.
///
/// The name is resolved here, the addresses are held against the `AddressRule`, and the connection is made to the very
/// address that passed, while SNI, the certificate's check and `Host` keep the name: a name that resolves to something else
/// the next time it is asked for changes nothing. Where a name has several addresses, those that are allowed are tried in
/// turn. Proxies, also those of the environment, are not used: the address behind one cannot be checked.
public struct HTTPTransport: KeyTransport {
    /// Addresses of one name that are tried.
    private static let maximumTries = 4

    private let addresses: AddressRule
    private let resolver: HostResolver
    private let tls: TLSConfiguration

    /// `tls` may name other trust roots or a client certificate. Whatever it says, certificate and host name are verified
    /// and nothing before TLS 1.2 is spoken.
    public init(addresses: AddressRule = .publicInternet, tls: TLSConfiguration = .makeClientConfiguration()) {
        self.init(addresses, tls, .system)
    }

    init(_ addresses: AddressRule, _ tls: TLSConfiguration, _ resolver: HostResolver) {
        self.addresses = addresses
        self.resolver = resolver
        var tls = tls
        tls.certificateVerification = .fullVerification
        if tls.minimumTLSVersion != .tlsv13 { tls.minimumTLSVersion = .tlsv12 }
        self.tls = tls
    }

    public func response(to request: KeyRequest) async throws(FetchError) -> KeyResponse {
        try await first(request) { address throws(FetchError) in try await response(to: request, at: address) }
    }

    /// What the first address brings that can be connected to.
    func first<T>(
        _ request: KeyRequest, _ body: (IPAddress) async throws(FetchError) -> T
    ) async throws(FetchError) -> T {
        var failure = FetchError.addressRefused
        for address in try await allowedAddresses(of: request.endpoint).prefix(Self.maximumTries) {
            do throws(FetchError) {
                return try await body(address)
            } catch .connectionFailed {
                failure = .connectionFailed
            }
            guard !Task.isCancelled else { throw .cancelled }
        }
        throw failure
    }

    private func allowedAddresses(of endpoint: EndpointURL) async throws(FetchError) -> [IPAddress] {
        let found = if let address = endpoint.address { [address] } else { try await resolver.addresses(endpoint.host) }
        let allowed = found.filter(addresses.allows)
        guard !allowed.isEmpty else { throw found.isEmpty ? .unresolved : .addressRefused }
        return allowed
    }

    private func response(to request: KeyRequest, at address: IPAddress) async throws(FetchError) -> KeyResponse {
        do {
            return try await HTTPClient.withHTTPClient(configuration: configuration(for: request, address)) { client in
                try await Self.response(to: request, by: client)
            }
        } catch {
            throw FetchError(error)
        }
    }

    func configuration(for request: KeyRequest, _ address: IPAddress) -> HTTPClient.Configuration {
        let limits = request.limits
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(
                connect: TimeAmount(limits.connectTime), read: TimeAmount(limits.idleTime),
                write: TimeAmount(limits.idleTime)),
            proxy: nil, decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tracing.tracer = nil
        configuration.dnsOverride = [request.endpoint.host: address.description]
        let budget = limits.bodyBytes + limits.headerBytes + ConnectionGuard.framing
        configuration.http1_1ConnectionDebugInitializer = { [addresses] channel in
            ConnectionGuard.guarding(channel, budget: budget, rule: addresses)
        }
        return configuration
    }

    static func head(of request: KeyRequest, by client: HTTPClient) async throws -> HTTPClientResponse {
        var get = HTTPClientRequest(url: request.url)
        for header in request.headers { get.headers.add(name: header.name, value: header.value) }
        let response = try await client.execute(get, timeout: TimeAmount(request.limits.totalTime))
        let bytes = response.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        guard bytes <= request.limits.headerBytes else { throw FetchError.tooLarge }
        return response
    }

    private static func response(to request: KeyRequest, by client: HTTPClient) async throws -> KeyResponse {
        let response = try await head(of: request, by: client)
        let headers = response.headers.map { (name: $0.name, value: $0.value) }
        var body: [UInt8] = []
        for try await part in response.body {
            guard body.count + part.readableBytes <= request.limits.bodyBytes else { throw FetchError.tooLarge }
            body.append(contentsOf: part.readableBytesView)
        }
        return KeyResponse(status: Int(response.status.code), headers: headers, body: body)
    }
}

extension FetchError {
    /// What AsyncHTTPClient and NIO report, in our words.
    init(_ error: any Error) {
        switch error {
        case let error as FetchError: self = error
        case let error as HTTPClientError: self = Self.ofClient(error)
        case is CancellationError: self = .cancelled
        case HTTPParserError.headerOverflow: self = .tooLarge
        case is NIOConnectionError: self = .connectionFailed
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: self = .tlsFailed
        case let error as IOError where Self.unreachable.contains(error.errnoCode): self = .connectionFailed
        default: self = .interrupted
        }
    }

    private static func ofClient(_ error: HTTPClientError) -> FetchError {
        switch error {
        case .cancelled: .cancelled
        case .connectTimeout, .getConnectionFromPoolTimeout: .connectionFailed
        case .tlsHandshakeTimeout: .tlsFailed
        case .deadlineExceeded, .readTimeout, .writeTimeout: .timedOut
        default: .interrupted
        }
    }

    /// A connection that never came about, as against one that broke.
    private static let unreachable: Set<CInt> = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, ENETDOWN]
}
