internal import CPostgres
import Dispatch
internal import FastVerify
import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A PostgreSQL database, for several instances of the service. Each transaction has a connection to itself; announcements travel by
/// `NOTIFY`, so all instances hear of a revocation when it is committed.
public final class PostgresStore: Store {
    private struct State {
        var idle: [Lane]
        var waiting: [CheckedContinuation<Lane, any Error>] = []
        var isClosed = false
    }

    /// A thread at a time, with a connection that is opened when it is first needed, and again when it was lost.
    private final class Lane: Sendable {
        let queue = DispatchQueue(label: "fastverify.postgres")
        nonisolated(unsafe) var connection: PostgresConnection?
    }

    /// On until it is turned off.
    private final class Switch: Sendable {
        private let value = Atomic(true)

        var isOn: Bool { value.load(ordering: .relaxed) }
        func turnOff() { value.store(false, ordering: .relaxed) }
    }

    private let url: String
    private let state: WaitingLock<State>
    private let waiters = Announcements()
    private let listens = Switch()

    /// - Parameters:
    ///   - url: as libpq reads it, e.g. `postgresql://user@host/database`.
    ///   - connections: at most so many transactions at once; others wait.
    /// - Throws: `unavailable` when the first connection fails.
    public init(url: String, connections: Int = 8) throws(StoreError) {
        self.url = url
        let lanes = (0..<max(1, connections)).map { _ in Lane() }
        lanes[0].connection = try PostgresConnection(url)
        state = WaitingLock(State(idle: lanes))
        // A queue of its own: it blocks one thread for as long as the store lives.
        DispatchQueue(label: "fastverify.postgres.listen").async { [url, waiters, listens] in
            Self.listen(url, waiters) { listens.isOn }
        }
    }

    public func transaction<T: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> T
    ) async throws -> T {
        try await run(body, "BEGIN")
    }

    public func read<T: Sendable>(_ body: @escaping @Sendable (any SQLTransaction) throws -> T) async throws -> T {
        try await run(body, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    private func run<T: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> T, _ begin: String
    ) async throws -> T {
        let lane = try await take()
        defer { give(lane) }
        return try await withCheckedThrowingContinuation { continuation in
            lane.queue.async { [url] in
                continuation.resume(with: Result { try Self.run(body, begin, on: lane, url) })
            }
        }
    }

    private static func run<T>(
        _ body: (any SQLTransaction) throws -> T, _ begin: String, on lane: Lane, _ url: String
    ) throws -> T {
        for attempt in 1... {
            if lane.connection?.isIdle != true { lane.connection = try PostgresConnection(url) }
            guard let connection = lane.connection else { throw StoreError.unavailable("no connection") }
            let transaction = PostgresTransaction(connection)
            do {
                try transaction.command(begin)
                let result = try body(transaction)
                try transaction.command("COMMIT")
                return result
            } catch {
                // Where this fails as well, the connection is not idle and is opened again.
                if connection.isAlive { try? transaction.command("ROLLBACK") }
                guard transaction.mayRetry, attempt < 10 else { throw error }
            }
        }
        throw StoreError.unavailable("never")
    }

    // MARK: Connections

    private func take() async throws -> Lane {
        try await withCheckedThrowingContinuation { continuation in
            let lane: Result<Lane, any Error>? = state.withLock { state in
                if state.isClosed { return .failure(StoreError.unavailable("closed")) }
                if let lane = state.idle.popLast() { return .success(lane) }
                state.waiting.append(continuation)
                return nil
            }
            if let lane { continuation.resume(with: lane) }
        }
    }

    private func give(_ lane: Lane) {
        let next: CheckedContinuation<Lane, any Error>? = state.withLock { state in
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.idle.append(lane)
            return nil
        }
        next?.resume(returning: lane)
    }

    public func close() async {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(throwing: StoreError.unavailable("closed")) }
        listens.turnOff()
        waiters.close()
    }

    // MARK: Notifications

    public var announcements: AsyncStream<Void> { waiters.stream }

    static let channel = "fastverify_announcements"

    /// Signals after every (re)connection, because what was announced meanwhile is lost.
    private static func listen(_ url: String, _ waiters: Announcements, while goesOn: () -> Bool) {
        while goesOn() {
            if let connection = try? PostgresConnection(url), (try? connection.run("LISTEN \(channel)")) != nil {
                waiters.send()
                while goesOn(), connection.isAlive {
                    var waiting = pollfd(fd: connection.socket, events: Int16(POLLIN), revents: 0)
                    // Half a second, so that `close` is noticed.
                    guard poll(&waiting, 1, 500) > 0 else { continue }
                    guard let found = try? connection.takeNotifications() else { break }
                    if found { waiters.send() }
                }
            } else {
                usleep(250_000)
            }
        }
    }
}

private final class PostgresTransaction: SQLTransaction {
    private let connection: PostgresConnection
    private(set) var mayRetry = false

    init(_ connection: PostgresConnection) { self.connection = connection }

    @discardableResult
    func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> [SQLRow] {
        do throws(PostgresConnection.Failure) {
            return try connection.run(sql, values)
        } catch {
            switch error {
            case .retry:
                mayRetry = true
                throw .unavailable("another transaction was first")
            case .store(let error): throw error
            }
        }
    }

    func command(_ sql: String) throws(StoreError) { try run(sql, []) }

    func announce() throws(StoreError) {
        try run("SELECT pg_notify($1, '')", [.text(PostgresStore.channel)])
    }
}
