/// A parameter of a statement or a value of a row. Times are seconds since 1970, truth is 0 or 1, bytes are base64url: what SQLite and
/// PostgreSQL agree on. A NUL in a text becomes U+FFFD, because one database refuses it and the other cuts the text off there.
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)

    static func integer(_ value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }
    /// What is bound for `text`.
    static func storable(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(scalar == "\0" ? "\u{FFFD}" : scalar) }
        return String(scalars)
    }

    static func text(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
}

/// A row that a statement returned.
public struct SQLRow: Sendable {
    let values: [SQLValue]

    public init(_ values: [SQLValue]) { self.values = values }

    func text(_ column: Int) throws(StoreError) -> String {
        guard let text = try optionalText(column) else { throw .unexpected("no text in column \(column)") }
        return text
    }

    func integer(_ column: Int) throws(StoreError) -> Int64 {
        guard let number = try optionalInteger(column) else { throw .unexpected("no number in column \(column)") }
        return number
    }

    func optionalText(_ column: Int) throws(StoreError) -> String? {
        guard column < values.count else { throw .unexpected("no column \(column)") }
        switch values[column] {
        case .null: return nil
        case .text(let text): return text
        case .integer: throw .unexpected("a number in column \(column)")
        }
    }

    func optionalInteger(_ column: Int) throws(StoreError) -> Int64? {
        guard column < values.count else { throw .unexpected("no column \(column)") }
        switch values[column] {
        case .null: return nil
        case .integer(let number): return number
        case .text(let text):
            // libpq hands all values over as text.
            guard let number = Int64(text) else { throw .unexpected("no number in column \(column)") }
            return number
        }
    }
}

/// Why a store did not do what it was asked. For logs; holds no parameter of a statement.
public enum StoreError: Error, Sendable, Hashable {
    /// The database cannot be reached, or is busy for too long. Whether a transaction that was just being committed took effect is not known.
    case unavailable(String)
    /// Something of this name is there already.
    case conflict
    /// The database holds what this program did not write, or refuses a statement.
    case unexpected(String)
}

/// Statements that take effect together or not at all.
public protocol SQLTransaction {
    /// Runs one statement, with parameters `$1`, `$2` …, which must appear first in this order. Both databases know `RETURNING`.
    @discardableResult
    func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> [SQLRow]
    /// Wakes whoever waits for `Store.announcements`, here and in other processes, when the transaction is committed.
    func announce() throws(StoreError)
}

/// Where the token service keeps what it must not lose.
///
/// Transactions are serialisable in effect: SQLite has one writer at a time; on PostgreSQL each changes the row first that others must wait
/// for. Safe to share between threads.
public protocol Store: Sendable {
    /// `body` may be run again where the database asks for it, so it must change nothing but the database.
    ///
    /// - Throws: `StoreError`, or what `body` throws; then nothing has happened.
    func transaction<T: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> T
    ) async throws -> T

    /// What is committed at one moment; waits for no transaction and holds none up. `body` changes nothing.
    ///
    /// - Throws: `StoreError`, or what `body` throws.
    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLTransaction) throws -> T) async throws -> T

    /// Yields at once, and whenever somebody may have announced something.
    var announcements: AsyncStream<Void> { get }

    func close() async
}
