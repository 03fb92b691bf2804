internal import FastVerify
internal import GRDB

/// Runs transactions that wait at the same time as one of the database, so that the disk is waited for once for all of them. Each has a savepoint
/// of its own: one that fails takes back nothing but itself. Nobody hears of success before all is on the disk.
///
/// Safe to share between threads.
final class GroupCommit: Sendable {
    /// Whoever comes first waits for no more than so many.
    private static let largest = 64

    private struct State {
        var waiting: [any GroupMember] = []
        var isRunning = false
    }

    private let pool: DatabasePool
    private let state = WaitingLock(State())

    init(_ pool: DatabasePool) { self.pool = pool }

    /// The body's result when it is committed, and whether it has announced something.
    func run<T: Sendable>(_ body: @escaping @Sendable (any SQLTransaction) throws -> T) async throws -> (T, Bool) {
        try await withCheckedThrowingContinuation { continuation in
            let starts = state.withLock { state in
                state.waiting.append(Member(body, continuation))
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if starts { pool.asyncWriteWithoutTransaction { [self] in runAll(in: $0) } }
        }
    }

    /// Transactions that have not begun.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// On the writer's queue, until nobody waits.
    private func runAll(in database: Database) {
        while let group = next() {
            var failure: (any Error)?
            do {
                try database.inTransaction(.immediate) {
                    for member in group {
                        member.run(in: database)
                        // A full disk, for instance, takes everything back.
                        guard database.isInsideTransaction else { throw StoreError.unavailable("all was taken back") }
                    }
                    return .commit
                }
            } catch {
                failure = error
            }
            for member in group { member.finish(failure) }
        }
    }

    private func next() -> [any GroupMember]? {
        state.withLock { state in
            let group = Array(state.waiting.prefix(Self.largest))
            state.waiting.removeFirst(group.count)
            state.isRunning = !group.isEmpty
            return group.isEmpty ? nil : group
        }
    }
}

/// One transaction of a group. Used by one thread at a time.
private protocol GroupMember: Sendable {
    /// In a savepoint.
    func run(in database: Database)
    /// - Parameter failure: why the group was not committed.
    func finish(_ failure: (any Error)?)
}

private final class Member<T: Sendable>: GroupMember {
    private let body: @Sendable (any SQLTransaction) throws -> T
    private let continuation: CheckedContinuation<(T, Bool), any Error>
    /// The lock of the group's list hands the member over to the writer's queue, which alone uses this.
    nonisolated(unsafe) private var result: Result<(T, Bool), any Error>?

    init(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> T,
        _ continuation: CheckedContinuation<(T, Bool), any Error>
    ) {
        self.body = body
        self.continuation = continuation
    }

    func run(in database: Database) {
        result = Result {
            let transaction = SQLiteTransaction(database)
            var value: T?
            try database.inSavepoint {
                value = try body(transaction)
                return .commit
            }
            guard let value else { throw StoreError.unexpected("a savepoint without a result") }
            return (value, transaction.announces)
        }
    }

    func finish(_ failure: (any Error)?) {
        // A body that failed says why; any other hears why the group was.
        switch (result, failure) {
        case (.failure(let error), _): continuation.resume(throwing: error)
        case (_, let failure?): continuation.resume(throwing: failure)
        case (.success(let value), nil): continuation.resume(returning: value)
        case (nil, nil): continuation.resume(throwing: StoreError.unexpected("a transaction that was left out"))
        }
    }
}
