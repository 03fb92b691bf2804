internal import FastVerify
internal import FastVerifyHTTP

/// The text of `/metrics`.
///
/// `fastverify_gateway_requests_total{outcome,reason}`: `allowed`, `anonymous`, `refused` with the private reason.
/// `fastverify_gateway_faults_total{status}`: requests that were not read. `fastverify_gateway_connections`,
/// `…_connections_total`, `…_turned_away_total`, `…_timeouts_total`, `…_reloads_total{outcome}`, `…_missing_records_total{log}`,
/// `…_ready`; and what the keys' fetches and the engine count.
enum GatewayMetrics {
    static func text(_ loops: GateCounts, _ gateway: SharedGate) -> String {
        var counts = loops
        counts += gateway.elsewhere.withLock { $0 }
        gateway.engine.collect()
        var text = Family("fastverify_gateway_requests_total", "counter")
        text.add(counts.allowed, [("outcome", "allowed"), ("reason", "")])
        text.add(counts.anonymous, [("outcome", "anonymous"), ("reason", "")])
        for (reason, count) in counts.refused.sorted(by: { $0.key < $1.key }) {
            text.add(count, [("outcome", "refused"), ("reason", reason)])
        }
        text.begin("fastverify_gateway_faults_total", "counter")
        for (status, count) in counts.faults.sorted(by: { $0.key < $1.key }) {
            text.add(count, [("status", "\(status)")])
        }
        text.begin("fastverify_gateway_connections", "gauge")
        text.add(UInt64(clamping: gateway.connectionCount))
        text.begin("fastverify_gateway_connections_total", "counter")
        text.add(counts.connections)
        text.begin("fastverify_gateway_turned_away_total", "counter")
        text.add(gateway.turnedAwayCount)
        text.begin("fastverify_gateway_timeouts_total", "counter")
        text.add(counts.timeouts)
        text.begin("fastverify_gateway_reloads_total", "counter")
        let reloads = gateway.reloadCounts
        text.add(reloads.good, [("outcome", "done")])
        text.add(reloads.bad, [("outcome", "refused")])
        text.begin("fastverify_gateway_missing_records_total", "counter")
        let missing = gateway.records.missing
        text.add(missing.access, [("log", "access")])
        text.add(missing.audit, [("log", "audit")])
        text.begin("fastverify_gateway_ready", "gauge")
        text.add(gateway.isReady ? 1 : 0)
        return text.text + gateway.registry.text
    }

    private struct Family {
        private(set) var text = ""
        private var name = ""

        init(_ name: String, _ kind: StaticString) { begin(name, kind) }

        mutating func begin(_ name: String, _ kind: StaticString) {
            self.name = name
            text += "# TYPE \(name) \(kind)\n"
        }

        mutating func add(_ value: UInt64, _ labels: [(String, String)] = []) {
            text += "\(name)\(PrometheusRegistry.labels(labels)) \(value)\n"
        }
    }
}
