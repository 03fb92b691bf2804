internal import CSodium
import Dispatch
internal import FastVerify

/// Argon2id (RFC 9106) by libsodium, on threads of its own, a few at a time: memory stays bounded however many log in at once.
public struct PasswordHashing: Sendable {
    /// What a hash costs. A hash made with others is still checked, and made anew at the next login.
    public struct Cost: Sendable, Hashable {
        public var passes: UInt64
        public var memoryBytes: Int

        /// libsodium's `INTERACTIVE` by default: 2 passes over 64 MiB, some 60 ms.
        public init(passes: UInt64 = 2, memoryBytes: Int = 64 << 20) {
            self.passes = max(1, passes)
            self.memoryBytes = max(8 << 10, memoryBytes)
        }
    }

    public static let longestPassword = 1024

    private let cost: Cost
    private let queue: DispatchQueue
    private let slots: DispatchSemaphore
    /// Checked where there is no user, so that nobody learns by the time who there is.
    let nobody: String

    /// - Parameter concurrency: hashes at once; each takes `cost.memoryBytes`.
    public init(_ cost: Cost = Cost(), concurrency: Int = 2) throws(StoreError) {
        self.cost = cost
        queue = DispatchQueue(label: "fastverify.passwords", attributes: .concurrent)
        slots = DispatchSemaphore(value: max(1, concurrency))
        guard sodium_init() >= 0 else { throw .unavailable("libsodium cannot be used") }
        nobody = Self.unmatched(cost)
    }

    /// A hash that says how it was made.
    ///
    /// - Throws: `unavailable` where there is not enough memory.
    func hash(_ password: [UInt8]) async throws(StoreError) -> String {
        try await run { [cost] in Result { () throws(StoreError) in try Self.hash(password, cost) } }.get()
    }

    enum Verdict: Sendable, Equatable { case wrong, right, rightButOutdated }

    /// - Parameter hash: `nil` costs as much, and is wrong.
    func check(_ password: [UInt8], against hash: String?) async -> Verdict {
        await run { [cost, nobody] in
            let text = hash ?? nobody
            let isRight =
                password.count <= Self.longestPassword
                && password.withUnsafeBufferPointer { bytes in
                    bytes.withMemoryRebound(to: CChar.self) {
                        crypto_pwhash_str_verify(text, $0.baseAddress ?? Self.empty, UInt64($0.count))
                    }
                } == 0
            guard isRight, hash != nil else { return .wrong }
            return Self.isMade(text, with: cost) ? .right : .rightButOutdated
        }
    }

    /// Whether a hash was made at this cost; false for what is no hash.
    static func isMade(_ hash: String, with cost: Cost) -> Bool {
        crypto_pwhash_str_needs_rehash(hash, cost.passes, cost.memoryBytes) == 0
    }

    private func run<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            queue.async { [slots] in
                slots.wait()
                defer { slots.signal() }
                continuation.resume(returning: body())
            }
        }
    }

    nonisolated(unsafe) private static let empty = UnsafePointer<CChar>(
        UnsafeMutablePointer<CChar>.allocate(capacity: 1))

    /// The form of libsodium's hashes with the given cost, with bytes in it that no password has.
    private static func unmatched(_ cost: Cost) -> String {
        func random(_ count: Int) -> String {
            let text = Base64URL.encode(Array(RandomSecret.bytes().prefix(count)))
            return String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        }
        return "$argon2id$v=19$m=\(cost.memoryBytes >> 10),t=\(cost.passes),p=1$\(random(16))$\(random(32))"
    }

    private static func hash(_ password: [UInt8], _ cost: Cost) throws(StoreError) -> String {
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let status = password.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                crypto_pwhash_str(&text, $0.baseAddress ?? empty, UInt64($0.count), cost.passes, cost.memoryBytes)
            }
        }
        guard status == 0 else { throw .unavailable("no memory for a password's hash") }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
