/// Bounds on what strangers can make the gateway do. Every name can be set in the environment as well: `FASTVERIFY_LIMITS_HEAD`.
public struct LimitConfiguration: Sendable, Hashable {
    /// Bytes of a request line with all fields.
    public var head = 32 << 10
    /// Fields of a request.
    public var fields = 100
    /// Bytes of a body that is read past; a longer one ends the connection.
    public var body = 64 << 10
    /// Connections of all listeners; further ones are closed at once.
    public var connections = 10_000
    /// From the first byte of a request to the end of its head.
    public var headTime = Duration.seconds(10)
    /// Between two requests.
    public var idleTime = Duration.seconds(75)
    /// How long a shutdown waits for requests and connections.
    public var drainTime = Duration.seconds(10)
    /// Characters of a token.
    public var token = 16 << 10
    /// Bytes of the cache of verified tokens; 0: none.
    public var cache = 64 << 20
    /// Event loops; 0: one for each processor.
    public var loops = 0
    /// How long a reload waits for the keys of new issuers.
    public var keyTime = Duration.seconds(30)

    public init() {}

    init(_ value: ConfigurationValue?, _ environment: EnvironmentOverrides, _ problems: ProblemList) {
        let members = value?.mapping("limits")
        func read<T>(_ name: String, _ into: inout T, _ read: (ConfigurationValue) -> T?) {
            let member = environment.value("limits.\(name)", problems) ?? members?.optional(name)
            _ = members?.optional(name)
            if let value = member.flatMap(read) { into = value }
        }
        read("head", &head) { $0.size(1024...(1 << 20)) }
        read("fields", &fields) { $0.number(4...10_000) }
        read("body", &body) { $0.size(0...(1 << 30)) }
        read("connections", &connections) { $0.number(1...1_000_000) }
        read("head_time", &headTime) { $0.duration(.milliseconds(50) ... .seconds(3600)) }
        read("idle_time", &idleTime) { $0.duration(.milliseconds(50) ... .seconds(86_400)) }
        read("drain_time", &drainTime) { $0.duration(.zero ... .seconds(3600)) }
        read("token", &token) { $0.size(64...(1 << 20)) }
        read("cache", &cache) { $0.size(0...(64 << 30)) }
        read("loops", &loops) { $0.number(0...1024) }
        read("key_time", &keyTime) { $0.duration(.zero ... .seconds(3600)) }
        members?.finish()
    }
}

/// Where records go.
public struct LogConfiguration: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
        case off
        case standardOutput
        case file(String)
    }

    /// What becomes of a request whose audit record has no room.
    public enum AuditOverflow: String, Sendable, Hashable, CaseIterable {
        /// It is refused with 503: nothing happens that is not on record.
        case refuse
        /// It goes on, and the number of missing records is written when there is room again.
        case count
    }

    public var access = Target.off
    public var audit = Target.off
    public var auditOverflow = AuditOverflow.refuse
    /// Bytes that wait to be written, for each of the two.
    public var buffer = 4 << 20

    public init() {}

    init(_ value: ConfigurationValue?) {
        guard let members = value?.mapping("access, audit") else { return }
        if let target = members.optional("access").flatMap(Self.target) { access = target }
        if let target = members.optional("audit").flatMap(Self.target) { audit = target }
        if let choice = members.optional("audit_overflow")?.choice(AuditOverflow.self) { auditOverflow = choice }
        if let size = members.optional("buffer")?.size(4096...(1 << 30)) { buffer = size }
        members.finish()
    }

    private static func target(_ value: ConfigurationValue) -> Target? {
        switch value.text(orWord: ["off"], "off, stdout or a file name") {
        case nil: nil
        case "off": .off
        case "stdout": .standardOutput
        case .some(let path): .file(path)
        }
    }
}
