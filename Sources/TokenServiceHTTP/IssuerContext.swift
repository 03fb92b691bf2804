public import FastVerifyAccess
public import FastVerifyHummingbird
internal import HTTPTypes
public import Hummingbird
internal import NIOCore
internal import TokenService

/// Of a request to the token service: who calls, and from where.
public struct IssuerContext: AccessRequestContext {
    public var coreContext: CoreRequestContextStorage
    public var access: RequestAccess<AccessIdentity>
    /// Of the connection.
    let peer: ConnectionPeer
    /// Whom the audit log names for what an administrator does.
    var administrator: AuditActor?

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        access = RequestAccess(source: source)
        peer = ConnectionPeer(address: source.channel.remoteAddress?.ipAddress)
    }
}

extension Request {
    /// The only value of a field; `nil` where there is none, or more than one.
    func only(_ name: HTTPField.Name) -> String? {
        let values = headers[values: name]
        return values.count == 1 ? values[0] : nil
    }

    /// The whole body; `nil` for one that is longer than `limit` bytes, or does not come.
    mutating func body(upTo limit: Int) async -> [UInt8]? {
        try? await Array(collectBody(upTo: limit).readableBytesView)
    }

    /// Who holds the other end, as far as it can be told. A client that knows its device sends a fingerprint; of others it is what
    /// their programs call themselves.
    func device(_ context: IssuerContext, _ ingress: Ingress, fingerprint: String? = nil) -> Device {
        let agent = only(.userAgent) ?? ""
        return Device(
            fingerprint: fingerprint.map { "given \($0)" } ?? "agent \(agent)",
            address: ingress.clientAddress(of: head, from: context.peer) ?? "unknown", label: agent)
    }
}
