internal import FastVerify

/// What goes to the client: results of operations, and what time brings.
extension GraphQLSocket {
    /// A result of an operation, as JSON. Nothing is sent for one that the client or the end of the lease has stopped.
    public mutating func next(_ id: String, result json: String) -> [SocketAction] {
        guard state == .open, operations.contains(id) else { return [] }
        return [.send("{\"id\":\(JSONText.quoted(id)),\"type\":\"next\",\"payload\":\(json)}")]
    }

    /// An operation has come to its end.
    public mutating func complete(_ id: String) -> [SocketAction] {
        guard operations.remove(id) != nil else { return [] }
        return [.send("{\"id\":\(JSONText.quoted(id)),\"type\":\"complete\"}")]
    }

    /// An operation cannot be run, or go on. `errors` is a JSON array of GraphQL errors.
    public mutating func fail(_ id: String, errors json: String) -> [SocketAction] {
        guard operations.remove(id) != nil else { return [] }
        return [.send("{\"id\":\(JSONText.quoted(id)),\"type\":\"error\",\"payload\":\(json)}")]
    }

    /// An operation that its caller may not run.
    public mutating func fail(_ id: String, _ refusal: Refusal) -> [SocketAction] {
        fail(id, errors: "[\(GraphQLAccessError(refusal).json())]")
    }

    /// The server ends the connection, as at its shutdown: 1001, after which clients connect again.
    public mutating func shutDown() -> [SocketAction] { close(1001, "Going away") }

    /// What is due at a moment; see `deadline`.
    public mutating func advance(to now: UInt64) -> [SocketAction] {
        guard state != .closed else { return [] }
        if let timeout, timeout <= now {
            return state == .suspended
                ? close(4403, "Forbidden") : close(4408, "Connection initialisation timeout")
        }
        guard let reminder, reminder <= now, state == .open, let expiration else { return [] }
        self.reminder = nil
        return [.send(#"{"type":"ping","payload":{"expires":\#(expiration)}}"#)]
    }

    /// All operations end with an error that says why.
    mutating func endOperations() -> [SocketAction] {
        defer { operations = [] }
        return operations.sorted().flatMap { id in
            [.stop(id: id), .send(Self.error(id, Refusal(.invalidToken, "lease_ended")))] as [SocketAction]
        }
    }

    static func error(_ id: String, _ refusal: Refusal) -> String {
        "{\"id\":\(JSONText.quoted(id)),\"type\":\"error\",\"payload\":[\(GraphQLAccessError(refusal).json())]}"
    }

    // MARK: The end

    mutating func close(_ code: UInt16, _ reason: String) -> [SocketAction] {
        guard state != .closed else { return [] }
        return end() + [.close(code: code, reason: reason)]
    }

    /// Nothing is sent any more: operations are stopped, and nobody is called for the lease.
    mutating func end() -> [SocketAction] {
        lease?.giveUp()
        (state, lease, timeout, reminder) = (.closed, nil, nil, nil)
        defer { operations = [] }
        return operations.sorted().map { .stop(id: $0) }
    }

    static func time(_ now: UInt64, after seconds: Int64) -> UInt64 {
        let (nanoseconds, overflow) = UInt64(max(0, seconds)).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isTooLate) = now.addingReportingOverflow(nanoseconds)
        return overflow || isTooLate ? .max : sum
    }
}
