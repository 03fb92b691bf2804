internal import NIOCore

/// What operators and their machines ask, on a listener of its own: `/health`, `/ready`, `/metrics`.
enum AdminEndpoint {
    static let notFound = PreparedAnswer(404, [("Cache-Control", "no-store")])
    private static let notAllowed = PreparedAnswer(405, [("Allow", "GET, HEAD")])
    private static let healthy = text(200, "ok\n")
    private static let unready = text(503, "not ready\n")

    private static func text(_ status: UInt16, _ text: String) -> PreparedAnswer {
        let fields = [
            ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return PreparedAnswer(status, fields, body: Array(text.utf8))
    }

    static func answer(
        _ head: borrowing RequestHead, _ text: UnsafeRawBufferPointer, of connection: GateConnection, _ gate: GateLoop
    ) {
        let isHead = text.slice(head.method).elementsEqual("HEAD".utf8)
        let size = head.bodySize
        let isGet = text.slice(head.method).elementsEqual("GET".utf8)
        guard isHead || isGet else {
            return connection.finish(notAllowed, hidesBody: isHead, bodySize: size)
        }
        let path = text.slice(head.target).prefix { $0 != UInt8(ascii: "?") }
        if path.elementsEqual("/health".utf8) {
            connection.finish(healthy, hidesBody: isHead, bodySize: size)
        } else if path.elementsEqual("/ready".utf8) {
            connection.finish(gate.gateway.isReady ? healthy : unready, hidesBody: isHead, bodySize: size)
        } else if path.elementsEqual("/metrics".utf8) {
            metrics(connection, gate, isHead, size)
        } else {
            connection.finish(notFound, hidesBody: isHead, bodySize: size)
        }
    }

    /// Counts stand with their loops, which are asked in turn.
    private static func metrics(_ connection: GateConnection, _ gate: GateLoop, _ isHead: Bool, _ size: Int) {
        let loop = gate.eventLoop
        let bound = NIOLoopBound(connection, eventLoop: loop)
        let gateway = gate.gateway
        gate.loops.counts(on: loop).whenComplete { counts in
            let text = GatewayMetrics.text((try? counts.get()) ?? GateCounts(), gateway)
            let fields = [
                ("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), ("Cache-Control", "no-store"),
            ]
            bound.value.finish(PreparedAnswer(200, fields, body: Array(text.utf8)), hidesBody: isHead, bodySize: size)
        }
    }
}
