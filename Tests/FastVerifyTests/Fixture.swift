import FastVerify
import Foundation

/// Keys made once per run, and tokens built from any text at all, so that a test can sign what no issuer would.
enum Fixture {
    static let issuer = "https://issuer.example"
    static let audience = "orders"
    static let now: Int64 = 1_800_000_000
    /// The claims of a token that the standard policy accepts.
    static let claims =
        #"{"iss":"\#(issuer)","sub":"user-1","aud":"\#(audience)","exp":\#(now + 900),"iat":\#(now),"jti":"t-1"}"#

    static let keys: [Algorithm: SigningKey] = {
        var keys: [Algorithm: SigningKey] = [:]
        let rsa = try! SigningKey(generate: .rs256).pem!
        for algorithm in Algorithm.allCases {
            let name = "key-\(algorithm.name)"
            keys[algorithm] =
                algorithm.name.contains("S") && (algorithm.name.hasPrefix("RS") || algorithm.name.hasPrefix("PS"))
                ? try! SigningKey(pem: Array(rsa.utf8), keyID: name, algorithm: algorithm)
                : try! SigningKey(generate: algorithm, keyID: name)
        }
        return keys
    }()

    static func key(_ algorithm: Algorithm) -> SigningKey { keys[algorithm]! }

    /// A key set with one key of every algorithm, each under its own `kid`.
    static let keySet: KeySet = KeySet(
        Algorithm.allCases.map {
            try! JWK(key($0).verificationKey, keyID: key($0).keyID, algorithm: $0)
        })

    static func policy(_ algorithms: AlgorithmSet = AlgorithmSet(Algorithm.allCases)) -> ClaimPolicy {
        ClaimPolicy(issuer: issuer, audience: audience, algorithms: algorithms)
    }

    static func verifier(
        _ policy: ClaimPolicy = policy(), keys: KeySet = keySet, at time: Int64 = now
    ) -> Verifier {
        Verifier(policy, keys: KeySource(keys), clock: .fixed(time))
    }

    static func header(_ algorithm: Algorithm) -> String {
        #"{"alg":"\#(algorithm.name)","kid":"key-\#(algorithm.name)","typ":"JWT"}"#
    }

    /// A token over exactly these texts, signed by the key of `algorithm`.
    static func token(
        header: String? = nil, payload: String = claims, _ algorithm: Algorithm = .es256
    ) -> String {
        token(headerBytes: Array((header ?? Self.header(algorithm)).utf8), payload: Array(payload.utf8), key(algorithm))
    }

    static func token(headerBytes: [UInt8], payload: [UInt8], _ key: SigningKey) -> String {
        let input = encode(headerBytes) + "." + encode(payload)
        return input + "." + encode(key.sign(Array(input.utf8))!)
    }

    static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    static func encode(_ text: String) -> String { encode(Array(text.utf8)) }

    /// Why the token is refused; `nil` when it is accepted.
    static func error(_ token: String, _ verifier: Verifier = verifier()) -> VerificationError? {
        do throws(VerificationError) {
            _ = try verifier.verify(token)
            return nil
        } catch {
            return error
        }
    }

    /// Why a token with these claims is refused; HS256, so that many can be tried.
    static func error(claims: String, _ verifier: Verifier = verifier()) -> VerificationError? {
        error(token(payload: claims, .hs256), verifier)
    }

    /// The standard claims with one replaced or added, `value` being JSON text; `nil` removes it.
    static func claims(_ name: String, _ value: String?) -> String {
        var members = [
            ("iss", "\"\(issuer)\""), ("sub", "\"user-1\""), ("aud", "\"\(audience)\""), ("exp", "\(now + 900)"),
            ("iat", "\(now)"),
        ].filter { $0.0 != name }
        if let value { members.append((name, value)) }
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }
}
