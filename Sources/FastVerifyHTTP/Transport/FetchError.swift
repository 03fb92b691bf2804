/// Why a fetch brought no keys. For logs, metrics and the visible state; says nothing that a server wrote.
public enum FetchError: Error, Sendable, Hashable, CustomStringConvertible {
    // On the way there
    /// The name has no address, or the resolver did not answer.
    case unresolved
    /// No address of the host may be connected to: see `AddressRule`.
    case addressRefused
    case connectionFailed
    /// The handshake failed or the certificate is not for this host.
    case tlsFailed
    /// The whole fetch took longer than `FetchLimits.totalTime`, or nothing came for `idleTime`.
    case timedOut
    /// The connection ended before the response did, or what came was not HTTP.
    case interrupted
    case cancelled

    // The response
    case status(Int)
    /// To another origin, to something that is not http, to nowhere, or too often.
    case redirectRefused
    /// More bytes of header or body than the limits allow.
    case tooLarge
    /// `Content-Type` is absent or not one that is accepted.
    case contentType
    /// `Content-Encoding` is present; nothing is ever decompressed.
    case contentEncoding
    /// 304 although nothing was there to be confirmed.
    case nothingToConfirm

    // The issuer's metadata
    /// Not a JSON object with `issuer` and `jwks_uri`.
    case malformedMetadata
    /// `issuer` is not exactly the configured one.
    case issuerMismatch
    /// `jwks_uri` is not https, or its origin is not allowed.
    case keysURLRefused

    // The keys
    /// Not a JWK Set, or larger than the limits.
    case malformedKeys
    /// A set that is not empty, but none of whose keys can be used.
    case noUsableKey

    /// A stable name for logs and metrics; a status is its class only, to keep them few.
    public var name: String {
        switch self {
        case .unresolved: "unresolved"
        case .addressRefused: "address_refused"
        case .connectionFailed: "connection_failed"
        case .tlsFailed: "tls_failed"
        case .timedOut: "timed_out"
        case .interrupted: "interrupted"
        case .cancelled: "cancelled"
        case .status(let code): "status_\(min(max(code / 100, 0), 9))xx"
        case .redirectRefused: "redirect_refused"
        case .tooLarge: "too_large"
        case .contentType: "content_type"
        case .contentEncoding: "content_encoding"
        case .nothingToConfirm: "nothing_to_confirm"
        case .malformedMetadata: "malformed_metadata"
        case .issuerMismatch: "issuer_mismatch"
        case .keysURLRefused: "keys_url_refused"
        case .malformedKeys: "malformed_keys"
        case .noUsableKey: "no_usable_key"
        }
    }

    public var description: String {
        if case .status(let code) = self { return "status_\(code)" }
        return name
    }
}
