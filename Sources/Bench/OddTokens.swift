import FastVerify

/// Tokens that no issuer would make of a workload's key.
extension Workload {
    /// A header like those of the workload's tokens, with other values or more of them.
    func header(alg: String? = nil, kid: String = keyID, more: String = "") -> String {
        "{\"alg\":\"\(alg ?? subject.name)\",\"kid\":\"\(kid)\",\"typ\":\"JWT\"\(more)}"
    }

    /// Any header over any claims, correctly signed.
    func signed(_ header: String, _ payload: String) throws(Unsigned) -> String {
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        guard let signature = key.sign(Array(input.utf8)) else {
            throw Unsigned(description: "signing with \(subject.name) failed")
        }
        return input + "." + Base64URL.encode(signature)
    }
}
