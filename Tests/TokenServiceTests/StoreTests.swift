import Dispatch
import FastVerify
import GRDB
import Testing

@testable import TokenService

/// What both stores promise about transactions.
@Suite struct StoreTests {
    private static func prepare(_ store: any Store) async throws {
        try await store.transaction { transaction in
            try transaction.run("CREATE TABLE facts (name TEXT PRIMARY KEY, value BIGINT NOT NULL)", [])
            try transaction.run("INSERT INTO facts (name, value) VALUES ('a', 1)", [])
        }
    }

    private static func value(_ name: String, _ transaction: any SQLTransaction) throws -> Int64? {
        try transaction.run("SELECT value FROM facts WHERE name = $1", [.text(name)]).first?.integer(0)
    }

    @Test(arguments: TestStore.available) func aReaderWaitsForNobodyAndSeesWhatIsCommitted(_ kind: TestStore)
        async throws
    {
        try await kind.with { place in
            let store = try place.open()
            try await Self.prepare(store)
            let (entered, release) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
            async let writer: Void = store.transaction { transaction in
                try transaction.run("UPDATE facts SET value = 2", [])
                entered.continuation.yield()
                release.wait()
            }
            for await _ in entered.stream { break }
            #expect(try await store.read { try Self.value("a", $0) } == 1)
            release.signal()
            try await writer
            #expect(try await store.read { try Self.value("a", $0) } == 2)
            await store.close()
        }
    }

    @Test(arguments: TestStore.available) func aReaderChangesNothing(_ kind: TestStore) async throws {
        try await kind.with { place in
            let store = try place.open()
            try await Self.prepare(store)
            await #expect(throws: StoreError.self) {
                try await store.read { try $0.run("UPDATE facts SET value = 2", []) }
            }
            #expect(try await store.read { try Self.value("a", $0) } == 1)
            await store.close()
        }
    }

    @Test(arguments: TestStore.available) func aClosedStoreSaysSo(_ kind: TestStore) async throws {
        try await kind.with { place in
            let store = try place.open()
            try await Self.prepare(store)
            await store.close()
            await #expect(throws: StoreError.self) { try await store.transaction { try Self.value("a", $0) } }
            await #expect(throws: StoreError.self) { try await store.read { try Self.value("a", $0) } }
        }
    }
}

/// Transactions of SQLite that are committed together.
@Suite struct GroupCommitTests {
    private struct Unfit: Error, Equatable {}

    /// Runs transactions as one group: they gather while the writer is held up.
    private func asOneGroup<T: Sendable>(
        _ bodies: [@Sendable (any SQLTransaction) throws -> T],
        _ check: (DatabasePool, [Result<T, any Error>]) async throws -> Void
    ) async throws {
        try await TestStore.sqlite.with { place in
            let pool = try DatabasePool(path: place.path)
            try await pool.write { database in
                try database.execute(sql: "CREATE TABLE facts (name TEXT PRIMARY KEY)")
                try database.execute(sql: "CREATE TABLE pointers (name TEXT REFERENCES facts (name))")
            }
            let commits = GroupCommit(pool)
            let (entered, release) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
            async let first = commits.run { _ in
                entered.continuation.yield()
                release.wait()
            }
            for await _ in entered.stream { break }
            let results = try await withThrowingTaskGroup(of: (Int, Result<T, any Error>).self) { group in
                for (number, body) in bodies.enumerated() {
                    group.addTask {
                        do { return (number, .success(try await commits.run(body).0)) } catch {
                            return (number, .failure(error))
                        }
                    }
                    // In their order.
                    while commits.waiting <= number { try await Task.sleep(for: .milliseconds(1)) }
                }
                release.signal()
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
            _ = try await first
            try await check(pool, results)
            try pool.close()
        }
    }

    private static func insert(_ name: String) -> @Sendable (any SQLTransaction) throws -> Int {
        { transaction in
            try transaction.run("INSERT INTO facts (name) VALUES ($1)", [.text(name)])
            return try transaction.run("SELECT name FROM facts", []).count
        }
    }

    @Test func oneThatFailsTakesBackItselfAlone() async throws {
        let bodies: [@Sendable (any SQLTransaction) throws -> Int] = [
            Self.insert("a"),
            { transaction in
                _ = try Self.insert("lost")(transaction)
                throw Unfit()
            },
            // As a transaction of its own would, it sees those before it, and nothing of the one that failed.
            Self.insert("b"), Self.insert("a"), Self.insert("c"),
        ]
        try await asOneGroup(bodies) { pool, results in
            #expect(try results[0].get() == 1)
            #expect(throws: Unfit()) { try results[1].get() }
            #expect(try results[2].get() == 2)
            #expect(throws: StoreError.conflict) { try results[3].get() }
            #expect(try results[4].get() == 3)
            let names = try await pool.read { try String.fetchAll($0, sql: "SELECT name FROM facts ORDER BY name") }
            #expect(names == ["a", "b", "c"])
        }
    }

    /// What is noticed when everything is committed concerns all.
    @Test func whereTheCommitFailsNobodyHearsOfSuccess() async throws {
        let bodies: [@Sendable (any SQLTransaction) throws -> Int] = [
            Self.insert("a"),
            { transaction in
                try transaction.run("PRAGMA defer_foreign_keys = ON", [])
                try transaction.run("INSERT INTO pointers (name) VALUES ('nobody')", [])
                return 0
            },
            Self.insert("b"),
        ]
        try await asOneGroup(bodies) { pool, results in
            for result in results { #expect(throws: (any Error).self) { try result.get() } }
            let count = try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM facts") }
            #expect(count == 0)
        }
    }
}
