internal import FastVerifyAccess
internal import NIOCore
internal import NIOSSL

extension ConnectionPeer {
    /// The address at the other end of a channel; of a stream of HTTP/2, that of its connection.
    init(addressOf channel: any Channel) {
        self.init(address: channel.remoteAddress?.ipAddress ?? channel.parent?.remoteAddress?.ipAddress)
    }

    /// The address, and what the TLS connection knows: with HummingbirdTLS that is the certificate of a client, verified, where
    /// `TLSConfiguration.certificateVerification` asks for one (`.noHostnameVerification`). Hops to the event loop.
    static func inspecting(_ channel: any Channel) async -> ConnectionPeer {
        var peer = ConnectionPeer(addressOf: channel)
        // A stream of HTTP/2 has its TLS in the parent. That of a connection of HTTP/1 is the listener, which has none.
        for channel in [channel, channel.parent].compactMap(\.self) {
            do {
                let certificate = try await channel.nioSSL_peerCertificate().get()
                peer.isSecure = true
                peer.certificate = try certificate.flatMap { ClientCertificate(der: try $0.toDERBytes()) }
                return peer
            } catch { continue }
        }
        return peer
    }
}
