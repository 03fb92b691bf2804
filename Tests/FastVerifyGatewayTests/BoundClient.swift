import AttackCatalogue
import FastVerify

/// A client with a key and a certificate, and tokens that are bound to them.
struct BoundClient {
    static let key = try! SigningKey(generate: .es256)
    static let stranger = try! SigningKey(generate: .es256)
    /// The shortest DER sequence there is; whether it is a certificate, the TLS layer decides.
    static let certificate = "MAMCAQg="
    static let otherCertificate = "MAMCAQk="

    static func token(_ more: String) -> String {
        CatalogueIssuer.token(payload: CatalogueIssuer.claims.dropLast() + ",\(more)}")
    }

    static let token = token(#""cnf":{"jkt":"\#(key.verificationKey.thumbprint)"}"#)
    static let certified = token(
        #""cnf":{"x5t#S256":"\#(SHA256Digest(of: [0x30, 0x03, 0x02, 0x01, 0x08]).base64URL)"}"#)

    /// A proof; members are JSON text.
    static func proof(
        _ id: String, method: String = "GET", uri: String = "https://orders.example/orders", token: String = token,
        issuedAt: Int64 = CatalogueIssuer.now, nonce: String? = nil, key: SigningKey = key, type: String = "dpop+jwt"
    ) -> String {
        let members = key.verificationKey.publicMembers.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",")
        let header = #"{"typ":"\#(type)","alg":"ES256","jwk":{\#(members)}}"#
        let digest = SHA256Digest(of: Array(token.utf8)).base64URL
        let more = nonce.map { #","nonce":"\#($0)""# } ?? ""
        let payload =
            #"{"jti":"\#(id)","htm":"\#(method)","htu":"\#(uri)","iat":\#(issuedAt),"ath":"\#(digest)"\#(more)}"#
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        return input + "." + Base64URL.encode(key.sign(Array(input.utf8))!)
    }

    static func fields(_ proof: String, token: String = token) -> [String] {
        ["Authorization: DPoP \(token)", "DPoP: \(proof)"]
    }
}
