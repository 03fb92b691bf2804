import FastVerify
import Foundation
import Synchronization
import Testing

@testable import TokenService

/// The stores that every test of the service runs on.
enum TestStore: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, postgres

    var testDescription: String { rawValue }

    /// PostgreSQL where scripts/with-postgres.sh runs the tests; scripts/check.sh does.
    static let available = allCases.filter { $0 == .sqlite || server != nil }
    static let server = ProcessInfo.processInfo.environment["FASTVERIFY_POSTGRES"]

    /// Where a database is; opened as often as a test wants.
    struct Place: Sendable {
        let kind: TestStore
        let path: String

        func open() throws -> any Store {
            switch kind {
            case .sqlite: try SQLiteStore(path: path)
            case .postgres: try PostgresStore(url: path, connections: 4)
            }
        }
    }

    /// Runs a test with an empty database.
    func with<T>(_ body: (Place) async throws -> T) async throws -> T {
        let name = "t\(TokenSigner.tokenID().lowercased().filter { $0.isLetter || $0.isNumber })"
        switch self {
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            return try await body(Place(kind: self, path: folder.appendingPathComponent("issuer.db").path))
        case .postgres:
            let server = try #require(Self.server)
            let connection = try PostgresConnection(server)
            try connection.run("CREATE SCHEMA \(name)")
            defer { _ = try? connection.run("DROP SCHEMA \(name) CASCADE") }
            return try await body(Place(kind: self, path: "\(server) options=-csearch_path=\(name)"))
        }
    }
}

/// A clock that a test turns.
final class TurningClock: Sendable {
    private let time: Mutex<Int64>

    init(_ time: Int64 = 1_800_000_000) { self.time = Mutex(time) }

    var now: Int64 { time.withLock { $0 } }
    func advance(_ seconds: Int64) { time.withLock { $0 += seconds } }
    var clock: UnixClock { UnixClock { self.now } }
}

/// An issuer with one user, whose password costs as little as libsodium allows.
struct Scene: Sendable {
    static let password = "correct horse battery staple"
    static let phone = Device(fingerprint: "phone", address: "192.0.2.7", label: "Phone")
    static let cost = PasswordHashing.Cost(passes: 1, memoryBytes: 8 << 10)

    let issuer: TokenIssuer
    let store: any Store
    let clock: TurningClock
    let sealing: SealingKey
    let user: User

    static func rules(_ change: (inout IssuerRules) -> Void = { _ in }) -> IssuerRules {
        var rules = IssuerRules(
            issuer: "https://id.example", audience: "orders", passwordCost: cost,
            userScopes: ["orders:read", "orders:write"],
            limits: .init(perAddress: 100_000, perNameAndAddress: 100_000, perName: 100_000))
        change(&rules)
        return rules
    }

    static func with<T>(
        _ kind: TestStore, _ change: (inout IssuerRules) -> Void = { _ in }, _ body: (Scene) async throws -> T
    ) async throws -> T {
        let rules = rules(change)
        return try await kind.with { place in
            let (clock, sealing, store) = (TurningClock(), try SealingKey(), try place.open())
            let issuer = try await TokenIssuer(store, sealing: sealing, rules: rules, clock: clock.clock)
            let user = try await issuer.addUser(
                name: "Alice", password: password, roles: ["admin"], permissions: ["ship"], tenant: "acme", plan: "pro")
            let result = try await body(Scene(issuer: issuer, store: store, clock: clock, sealing: sealing, user: user))
            await store.close()
            return result
        }
    }

    func login(scopes: [String] = [], from device: Device = phone) async throws -> TokenIssuer.Grant {
        try await issuer.login(name: "alice", password: Self.password, scopes: scopes, from: device)
    }

    /// What became of a refresh token: `nil` where it was good.
    func refusal(of token: String, from device: Device = phone) async throws -> String? {
        do {
            _ = try await issuer.refresh(token, from: device)
            return nil
        } catch let refusal as IssuerRefusal {
            return refusal.reason
        }
    }

    func auditActions() async throws -> [String] {
        try await store.transaction { try $0.run("SELECT entry FROM audit ORDER BY number", []).map { try $0.text(0) } }
            .map { line in
                let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                return try #require(object["what"] as? String)
            }
    }
}
