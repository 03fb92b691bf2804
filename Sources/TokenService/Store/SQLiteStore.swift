internal import Dispatch
internal import GRDB

/// One file, by SQLite: the default. Several processes may have it open. Transactions run one
/// after the other, those that wait are committed together; a committed one survives a crash of the process and of the machine (write-ahead log,
/// `synchronous = FULL`).
public final class SQLiteStore: Store {
    private let pool: DatabasePool
    private let commits: GroupCommit
    private let waiters = Announcements()
    /// Dispatch guards its sources itself.
    nonisolated(unsafe) private let watcher: any DispatchSourceTimer

    /// Opens the file, or makes it, readable by its owner alone.
    ///
    /// - Throws: `StoreError`.
    public init(path: String) throws(StoreError) {
        try PrivateFile.create(path)
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.foreignKeysEnabled = true
            // A parameter may be a secret, and errors are logged.
            configuration.publicStatementArguments = false
            pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB sets NORMAL, under which a power failure may take back what was committed last.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            commits = GroupCommit(pool)
            watcher = try Self.watcher(path, waiters)
        } catch {
            throw StoreError(error)
        }
    }

    /// SQLite tells nobody when another process has committed; a connection of its own sees the file's version change. Five times a
    /// second, which costs nothing to speak of.
    private static func watcher(_ path: String, _ waiters: Announcements) throws -> any DispatchSourceTimer {
        var configuration = Configuration()
        configuration.readonly = true
        let connection = try DatabaseQueue(path: path, configuration: configuration)
        let version = { try? connection.read { try Int64.fetchOne($0, sql: "PRAGMA data_version") } }
        var last = version()
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "fastverify.sqlite.watch"))
        timer.setEventHandler {
            let now = version()
            if now != last { waiters.send() }
            last = now
        }
        timer.schedule(deadline: .now() + .milliseconds(200), repeating: .milliseconds(200), leeway: .milliseconds(50))
        timer.resume()
        return timer
    }

    public func transaction<T: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> T
    ) async throws -> T {
        do {
            let (result, announces) = try await commits.run(body)
            if announces { waiters.send() }
            return result
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    public func read<T: Sendable>(_ body: @escaping @Sendable (any SQLTransaction) throws -> T) async throws -> T {
        do {
            return try await pool.read { try body(SQLiteTransaction($0)) }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    public var announcements: AsyncStream<Void> { waiters.stream }

    /// A copy of the whole database as it is at one moment, while others go on (SQLite's online backup).
    public func backup(to path: String) async throws(StoreError) {
        try PrivateFile.create(path)
        do {
            let copy = try DatabaseQueue(path: path)
            try pool.backup(to: copy)
            try copy.close()
        } catch {
            throw StoreError(error)
        }
    }

    public func close() async {
        waiters.close()
        watcher.cancel()
        try? pool.close()
    }
}

/// Used by one thread during one transaction.
final class SQLiteTransaction: SQLTransaction {
    private let database: Database
    private(set) var announces = false

    init(_ database: Database) { self.database = database }

    @discardableResult
    func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> [SQLRow] {
        do {
            let statement = try database.cachedStatement(sql: sql)
            let arguments = StatementArguments(values.map(\.databaseValue))
            guard statement.columnCount > 0 else {
                try statement.execute(arguments: arguments)
                return []
            }
            return try Row.fetchAll(statement, arguments: arguments).map { row in
                try SQLRow(row.databaseValues.map(SQLValue.init))
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(error)
        }
    }

    func announce() { announces = true }
}

extension SQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .text(let value): SQLValue.storable(value).databaseValue
        }
    }

    fileprivate init(_ value: DatabaseValue) throws(StoreError) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .string(let text): self = .text(text)
        case .double, .blob: throw .unexpected("a value of a kind that is never written")
        }
    }
}

extension StoreError {
    fileprivate init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self = .unexpected(String(describing: type(of: error)))
            return
        }
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY: self = .conflict
        default:
            // The message names tables and columns, not values.
            let text = "\(error.extendedResultCode): \(error.message ?? "")"
            let isBusy = [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CANTOPEN]
                .contains(error.resultCode)
            self = isBusy ? .unavailable(text) : .unexpected(text)
        }
    }
}
