import FastVerify
import Synchronization

@testable import FastVerifyAccess

/// A clock that tests set.
final class SetClock: Sendable {
    private let time: Atomic<Int64>

    init(_ time: Int64) { self.time = Atomic(time) }

    var now: Int64 {
        get { time.load(ordering: .relaxed) }
        set { time.store(newValue, ordering: .relaxed) }
    }

    var unix: UnixClock { UnixClock { self.now } }
}

/// A client with a key, the token that is bound to it, and proofs with any part replaced.
struct Proofs {
    static let now: Int64 = 1_800_000_000
    static let issuerKey = try! SigningKey(generate: .es256, keyID: "issuer")
    static let keys: [Algorithm: SigningKey] = {
        var keys: [Algorithm: SigningKey] = [:]
        for algorithm in [Algorithm.es256, .es384, .edDSA, .ps256] {
            keys[algorithm] = try! SigningKey(generate: algorithm)
        }
        return keys
    }()

    static let target = RequestTarget(method: "POST", uri: TargetURI("https://api.example/orders")!)

    let key: SigningKey
    let token: String

    init(_ algorithm: Algorithm = .es256) {
        key = Self.keys[algorithm]!
        token = Self.token(confirmation: #"{"jkt":"\#(key.verificationKey.thumbprint)"}"#)
    }

    var thumbprint: SHA256Digest { SHA256Digest(base64URL: key.verificationKey.thumbprint)! }

    static func token(confirmation: String?, subject: String = "a") -> String {
        let cnf = confirmation.map { #","cnf":\#($0)"# } ?? ""
        let claims = #"{"iss":"i","sub":"\#(subject)","aud":"a","exp":\#(now + 900)\#(cnf)}"#
        return issuerKey.token(payload: Array(claims.utf8))!
    }

    static func verified(_ token: String) throws -> VerifiedToken {
        let keys = KeySource(KeySet([try JWK(issuerKey.verificationKey, keyID: "issuer")]))
        let policy = ClaimPolicy(issuer: "i", audience: "a", algorithms: [.es256])
        return try Verifier(policy, keys: keys, clock: .fixed(now)).verify(token)
    }

    /// The JWK as a client writes it: the required members only.
    var jwk: String { JSONText.object(key.verificationKey.publicMembers.map { ($0.name, $0.value) }) }

    /// A proof over exactly these members; `nil` leaves one out, JSON text replaces it.
    func proof(
        header: [String: String?] = [:], claims: [String: String?] = [:], signedBy other: SigningKey? = nil
    ) -> String {
        var headers: [(String, String?)] = [
            ("typ", "\"dpop+jwt\""), ("alg", "\"\(key.algorithm.name)\""), ("jwk", jwk),
        ]
        var members: [(String, String?)] = [
            ("jti", "\"\(Self.fresh())\""), ("htm", "\"POST\""), ("htu", "\"https://api.example/orders\""),
            ("iat", "\(Self.now)"), ("ath", "\"\(SHA256Digest(of: Array(token.utf8)).base64URL)\""),
        ]
        Self.replace(&headers, header)
        Self.replace(&members, claims)
        let input = Self.segment(headers) + "." + Self.segment(members)
        return input + "." + Base64URL.encode((other ?? key).sign(Array(input.utf8))!)
    }

    private static let number = Atomic<Int>(0)

    private static func fresh() -> String { "jti-\(number.add(1, ordering: .relaxed).newValue)" }

    private static func replace(_ members: inout [(String, String?)], _ changes: [String: String?]) {
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            if let place = members.firstIndex(where: { $0.0 == name }) {
                members[place].1 = value
            } else {
                members.append((name, value))
            }
        }
    }

    private static func segment(_ members: [(String, String?)]) -> String {
        let text = members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }
        return Base64URL.encode(Array("{\(text.joined(separator: ","))}".utf8))
    }

    /// A verifier that stands at `now`.
    static func verifier(
        _ policy: ProofPolicy = ProofPolicy(), nonces: ProofNonces? = nil, capacity: Int = 1024,
        clock: UnixClock = .fixed(now)
    ) -> ProofVerifier {
        ProofVerifier(policy, replays: ReplayWindow(capacity: capacity), nonces: nonces, clock: clock)
    }

    /// Why a proof for the token is refused; `nil` when it is accepted.
    func refusal(_ proof: String..., by verifier: ProofVerifier, for target: RequestTarget = target) -> Refusal? {
        do throws(Refusal) {
            _ = try verifier.verify(proof, for: target, token: token, boundTo: thumbprint)
            return nil
        } catch {
            return error
        }
    }

    func reason(_ proof: String, by verifier: ProofVerifier = verifier(), for target: RequestTarget = target) -> String?
    {
        refusal(proof, by: verifier, for: target)?.reason.description
    }
}
