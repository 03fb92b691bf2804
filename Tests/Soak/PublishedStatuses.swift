import FastVerify

/// A status list of an issuer, whose bits go on and off.
final class PublishedStatuses: Sendable {
    static let count = 256

    let uri: String
    /// One byte a token.
    let values = FactHistory([UInt8](repeating: 0, count: count))
    private let key: SigningKey
    private let verifier: Verifier

    init(_ uri: String) throws {
        self.uri = uri
        key = try SigningKey(generate: .hs256, keyID: "statuses")
        verifier = Verifier(
            .statusList(issuer: .dangerouslyAny, algorithms: [.hs256]),
            keys: KeySource(KeySet([try JWK(key.verificationKey, keyID: "statuses", algorithm: .hs256)])))
    }

    /// The list as its issuer would publish it.
    func list(_ values: [UInt8], issuedAt: Int64) throws -> StatusList {
        let payload =
            #"{"sub":"\#(uri)","iat":\#(issuedAt),"status_list":{"bits":8,"lst":"\#(Compact.encode(Self.zlib(values)))"}}"#
        let token = try verifier.verify(key.token(payload: Array(payload.utf8), type: "statuslist+jwt")!)
        return try StatusList(token.claims)
    }

    /// One stored block (RFC 1951 §3.2.4) in a zlib stream (RFC 1950).
    private static func zlib(_ bytes: [UInt8]) -> [UInt8] {
        var (a, b) = (UInt32(1), UInt32(0))
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        let size = UInt16(bytes.count)
        let sum = b << 16 | a
        return [0x78, 0x01, 0x01, UInt8(size & 0xff), UInt8(size >> 8), UInt8(~size & 0xff), UInt8(~size >> 8)] + bytes
            + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) }
    }
}
