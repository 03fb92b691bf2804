import Dispatch
import FastVerify
import GRDB
import Synchronization
import Testing

@testable import TokenService

@Suite struct ParallelRefreshTests {
    /// Two instances on one database, as two processes would be.
    @Test(arguments: TestStore.available) func manyAtOnceGetOneSuccessor(_ kind: TestStore) async throws {
        try await kind.with { place in
            let (clock, sealing) = (TurningClock(), try SealingKey())
            let stores = [try place.open(), try place.open()]
            var issuers: [TokenIssuer] = []
            for store in stores {
                issuers.append(try await TokenIssuer(store, sealing: sealing, rules: Scene.rules(), clock: clock.clock))
            }
            _ = try await issuers[0].addUser(name: "alice", password: Scene.password)
            for _ in 0..<3 {
                let grant = try await issuers[1].login(name: "alice", password: Scene.password, from: Scene.phone)
                let successors = try await withThrowingTaskGroup(of: String.self) { [issuers] group in
                    for number in 0..<64 {
                        group.addTask {
                            try await issuers[number % 2].refresh(grant.refreshToken, from: Scene.phone).refreshToken
                        }
                    }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                }
                #expect(successors.count == 1)
                let rows = try await stores[0].transaction {
                    try $0.run("SELECT digest FROM refresh_tokens WHERE session_id = $1", [.text(grant.sessionID)])
                }
                #expect(rows.count == 2)
                // Outside of the grace period it is a theft, whoever is asked.
                clock.advance(11)
                await #expect(throws: IssuerRefusal(.reused)) {
                    try await issuers[0].refresh(grant.refreshToken, from: Scene.phone)
                }
                for successor in successors {
                    await #expect(throws: IssuerRefusal(.ended)) {
                        try await issuers[1].refresh(successor, from: Scene.phone)
                    }
                }
            }
            #expect(try await issuers[0].checkAuditLog() != nil)
            for store in stores { await store.close() }
        }
    }

    /// What the tests above would see if statements did not belong together: the second request comes between the first one's mark on
    /// the token and its successor, and takes its twin for a thief.
    @Test(arguments: TestStore.available) func withoutTheTransactionTwinsAreThieves(_ kind: TestStore) async throws {
        try await kind.with { place in
            let (clock, sealing, store) = (TurningClock(), try SealingKey(), try place.open())
            let whole = try await TokenIssuer(store, sealing: sealing, rules: Scene.rules(), clock: clock.clock)
            _ = try await whole.addUser(name: "alice", password: Scene.password)
            let loose = LooseStore(place)
            let torn = try await TokenIssuer(loose, sealing: sealing, rules: Scene.rules(), clock: clock.clock)
            let grant = try await torn.login(name: "alice", password: Scene.password, from: Scene.phone)
            loose.holdsFirstMark = true
            async let first = torn.refresh(grant.refreshToken, from: Scene.phone)
            await loose.firstMark.wait()
            await #expect(throws: IssuerRefusal(.reused)) {
                try await torn.refresh(grant.refreshToken, from: Scene.phone)
            }
            loose.release.signal()
            _ = try? await first
            await store.close()
        }
    }
}

/// A store whose transactions are none: each statement takes effect by itself.
private final class LooseStore: Store {
    final class Flag: Sendable {
        private let stream = AsyncStream.makeStream(of: Void.self)
        func signal() { stream.continuation.yield() }
        func wait() async {
            for await _ in stream.stream { return }
        }
    }

    private let place: TestStore.Place
    private let holds = Mutex(false)
    let firstMark = Flag()
    let release = DispatchSemaphore(value: 0)

    init(_ place: TestStore.Place) { self.place = place }

    /// Stops the next transaction after its mark on a refresh token.
    var holdsFirstMark: Bool {
        get { holds.withLock { $0 } }
        set { holds.withLock { $0 = newValue } }
    }

    func transaction<T: Sendable>(_ body: @escaping @Sendable (any SQLTransaction) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try body(LooseTransaction(self, self.place)) })
            }
        }
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLTransaction) throws -> T) async throws -> T {
        try await transaction(body)
    }

    var announcements: AsyncStream<Void> { AsyncStream { $0.finish() } }
    func close() async {}

    private final class LooseTransaction: SQLTransaction {
        private let store: LooseStore
        private let postgres: PostgresConnection?
        private let sqlite: DatabaseQueue?

        init(_ store: LooseStore, _ place: TestStore.Place) throws {
            self.store = store
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            postgres = place.kind == .postgres ? try PostgresConnection(place.path) : nil
            sqlite = place.kind == .sqlite ? try DatabaseQueue(path: place.path, configuration: configuration) : nil
        }

        func run(_ sql: String, _ values: [TokenService.SQLValue]) throws(StoreError) -> [SQLRow] {
            let rows: [SQLRow]
            do {
                if let postgres { rows = try postgres.run(sql, values) } else { rows = try lite(sql, values) }
            } catch {
                throw .unexpected("\(error)")
            }
            let isMark = sql.contains("UPDATE refresh_tokens")
            if isMark,
                store.holds.withLock({ holds in
                    defer { holds = false }; return holds
                })
            {
                store.firstMark.signal()
                store.release.wait()
            }
            return rows
        }

        private func lite(_ sql: String, _ values: [TokenService.SQLValue]) throws -> [SQLRow] {
            let arguments = StatementArguments(
                values.map { value -> (any DatabaseValueConvertible)? in
                    switch value {
                    case .null: nil
                    case .integer(let number): number
                    case .text(let text): text
                    }
                })
            return try sqlite!.writeWithoutTransaction { database in
                try Row.fetchAll(database, sql: sql, arguments: arguments).map { row in
                    SQLRow(
                        row.databaseValues.map { value in
                            switch value.storage {
                            case .int64(let number): .integer(number)
                            case .string(let text): .text(text)
                            default: .null
                            }
                        })
                }
            }
        }

        func announce() {}
    }
}
