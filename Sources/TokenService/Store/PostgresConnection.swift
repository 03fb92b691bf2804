internal import CPostgres

/// One connection of libpq. Blocks its thread; one thread at a time.
final class PostgresConnection {
    private let handle: OpaquePointer
    private var prepared: [String: String] = [:]

    /// - Parameter url: a connection URI or `key=value` words, as libpq reads them; environment and password file count as always.
    init(_ url: String) throws(StoreError) {
        guard let handle = PQconnectdb(url) else { throw .unavailable("out of memory") }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else {
            let message = Self.text(PQerrorMessage(handle))
            PQfinish(handle)
            throw .unavailable(message)
        }
        // Notices are of no use to anybody who could read them.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }

    deinit { PQfinish(handle) }

    var isAlive: Bool { PQstatus(handle) == CONNECTION_OK }
    /// Idle outside of any transaction.
    var isIdle: Bool { isAlive && PQtransactionStatus(handle) == PQTRANS_IDLE }

    /// What went wrong, by SQLSTATE.
    enum Failure: Error {
        /// Somebody else was first; the whole transaction may be tried again (40001, 40P01).
        case retry
        case store(StoreError)
    }

    @discardableResult
    func run(_ sql: String, _ values: [SQLValue] = []) throws(Failure) -> [SQLRow] {
        let name = try statement(sql, parameters: values.count)
        return try withParameters(values) { pointers throws(Failure) in
            try rows(PQexecPrepared(handle, name, Int32(values.count), pointers, nil, nil, 0))
        }
    }

    /// Statements are planned once for each connection; their number is that of the texts in this program.
    private func statement(_ sql: String, parameters: Int) throws(Failure) -> String {
        if let name = prepared[sql] { return name }
        let name = "s\(prepared.count)"
        _ = try rows(PQprepare(handle, name, sql, Int32(parameters), nil))
        prepared[sql] = name
        return name
    }

    private func withParameters<T>(
        _ values: [SQLValue], _ body: ([UnsafePointer<CChar>?]) throws(Failure) -> T
    ) throws(Failure) -> T {
        let texts: [UnsafeMutablePointer<CChar>?] = values.map { value in
            switch value {
            case .null: nil
            case .integer(let number): String(number).copiedCString
            case .text(let text): SQLValue.storable(text).copiedCString
            }
        }
        defer { for text in texts { text?.deallocate() } }
        return try body(texts.map { $0.map { UnsafePointer($0) } })
    }

    private func rows(_ result: OpaquePointer?) throws(Failure) -> [SQLRow] {
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK: return []
        case PGRES_TUPLES_OK: break
        default: throw failure(result)
        }
        return (0..<PQntuples(result)).map { row in
            SQLRow(
                (0..<PQnfields(result)).map { column in
                    guard PQgetisnull(result, row, column) == 0 else { return .null }
                    return .text(Self.text(PQgetvalue(result, row, column)))
                })
        }
    }

    private func failure(_ result: OpaquePointer?) -> Failure {
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
        switch state {
        case "40001", "40P01": return .retry
        case "23505": return .store(.conflict)
        default: break
        }
        // The primary message quotes no parameter; the detail, which does, is left out.
        let message = Self.text(PQresultErrorField(result, Int32(UInt8(ascii: "M"))))
        let text = "\(state) \(message.isEmpty ? Self.text(PQerrorMessage(handle)) : message)"
        let isGone = !isAlive || ["08", "53", "57", "58"].contains { state.hasPrefix($0) }
        return .store(isGone ? .unavailable(text) : .unexpected(text))
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
        pointer.map { String(cString: $0) } ?? ""
    }

    // MARK: Notifications

    /// The file descriptor that becomes readable.
    var socket: Int32 { PQsocket(handle) }

    /// Reads what has arrived; whether a notification was among it.
    func takeNotifications() throws(Failure) -> Bool {
        guard PQconsumeInput(handle) == 1 else { throw .store(.unavailable(Self.text(PQerrorMessage(handle)))) }
        var found = false
        while let notification = PQnotifies(handle) {
            PQfreemem(notification)
            found = true
        }
        return found
    }
}

extension String {
    fileprivate var copiedCString: UnsafeMutablePointer<CChar> {
        let bytes = utf8.map { CChar(bitPattern: $0) } + [0]
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        copy.initialize(from: bytes, count: bytes.count)
        return copy
    }
}
