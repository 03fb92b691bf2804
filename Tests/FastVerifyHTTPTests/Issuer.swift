import FastVerify
import Logging
import Metrics
import Synchronization

@testable import FastVerifyHTTP

/// Keys, tokens and sets of an issuer, made as the tests need them.
enum Issuer {
    static let name = "https://id.example"
    static let now: Int64 = 1_800_000_000

    static let keys: [SigningKey] = (0..<4).map { try! SigningKey(generate: .es256, keyID: "key-\($0)") }

    static func token(_ key: Int, issuer: String = name) -> String {
        keys[key].token(payload: claims(issuer))!
    }

    private static func claims(_ issuer: String) -> [UInt8] {
        Array(#"{"iss":"\#(issuer)","aud":"orders","sub":"u","exp":\#(now + 900)}"#.utf8)
    }

    /// A token nobody has signed, with any header.
    static func forged(header: String, issuer: String = name) -> String {
        let parts = token(0, issuer: issuer).split(separator: ".")
        return "\(Base64URLText.encode(header)).\(parts[1]).\(parts[2])"
    }

    static func unknown(_ kid: String, issuer: String = name) -> String {
        forged(header: #"{"alg":"ES256","kid":"\#(kid)"}"#, issuer: issuer)
    }

    static func set(_ keys: Int...) -> String { set(keys) }
    static func set(_ keys: [Int]) -> String {
        #"{"keys":[\#(keys.map { Self.keys[$0].publicJWK }.joined(separator: ","))]}"#
    }

    static func policy(_ issuer: String = name) -> ClaimPolicy {
        ClaimPolicy(issuer: issuer, audience: "orders", algorithms: [.es256])
    }

    static func verifier(_ keys: RemoteJWKSet) -> Verifier {
        Verifier(policy(), keys: keys.source, clock: .fixed(now))
    }
}

enum Base64URLText {
    static func encode(_ text: String) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var out = ""
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                out.append(digits[Int(bits >> UInt32(count)) & 63])
            }
        }
        if count > 0 { out.append(digits[Int(bits << UInt32(6 - count)) & 63]) }
        return out
    }
}

/// Answers requests from a closure and remembers them.
final class ScriptedTransport: KeyTransport {
    typealias Answer = @Sendable (KeyRequest) async throws(FetchError) -> KeyResponse

    private let script: Mutex<Answer>
    private let seen = Mutex<[KeyRequest]>([])

    init(_ answer: @escaping Answer) { script = Mutex(answer) }
    convenience init(_ text: String, _ headers: [(String, String)] = []) { self.init(Self.answer(text, headers)) }

    var requests: [KeyRequest] { seen.withLock { $0 } }

    func answer(_ answer: @escaping Answer) { script.withLock { $0 = answer } }
    func answer(_ text: String, _ headers: [(String, String)] = []) { answer(Self.answer(text, headers)) }
    func fail(_ error: FetchError) { answer { _ throws(FetchError) in throw error } }

    static func answer(_ text: String, _ headers: [(String, String)] = []) -> Answer {
        let response = json(text, headers)
        return { _ throws(FetchError) in response }
    }

    static func json(_ text: String, _ headers: [(String, String)] = []) -> KeyResponse {
        KeyResponse(
            status: 200, headers: [("Content-Type", "application/json")] + headers.map { (name: $0.0, value: $0.1) },
            body: Array(text.utf8))
    }

    func response(to request: KeyRequest) async throws(FetchError) -> KeyResponse {
        seen.withLock { $0.append(request) }
        return try await script.withLock { $0 }(request)
    }
}

extension KeyRequest {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

extension RemoteJWKSet {
    static func test(
        _ transport: any KeyTransport, _ clock: ManualClock, at location: KeySetLocation? = nil,
        refresh: RefreshPolicy = .standard, rules: KeyFetchRules = .standard, snapshotPath: String? = nil,
        time: Int64 = Issuer.now, logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) -> RemoteJWKSet {
        try! RemoteJWKSet(
            location ?? .url("https://id.example/keys"), refresh: refresh, rules: rules, transport: transport,
            snapshotPath: snapshotPath, logger: logger, metrics: metrics, clock: RefreshClock(clock),
            wallClock: .fixed(time))
    }

    /// One step of the schedule, a fetch included.
    @discardableResult
    func tick() async -> RefreshSchedule.Step {
        let step = nextStep()
        if case .fetch(let cause) = step { await perform(cause) }
        return step
    }
}

extension Verifier {
    /// Why a token is refused; `nil` when it is accepted.
    func error(_ token: String) -> VerificationError? {
        do throws(VerificationError) {
            _ = try verify(token)
            return nil
        } catch {
            return error
        }
    }
}
