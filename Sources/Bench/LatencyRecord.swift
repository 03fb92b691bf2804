/// Latencies under load as they are written to a file: the format of `latency --json`.
struct LatencyRecord: Codable {
    var environment: Machine
    let seed: UInt64
    let arrivals: Arrivals
    let waiting: Waiting
    let secondsPerLoad: Double
    /// p99 at the knee may be so many times what it is at the lowest rate; `nil` where no knee was looked for.
    let p99Limit: Double?
    var results: [Result] = []

    /// One way of calling on one algorithm.
    struct Result: Codable {
        let algorithm: String
        let kernel: String
        let mode: LoadMode
        /// Most tokens handed over at once.
        let batch: Int
        /// Answers per second where everything is due at once.
        let saturatedPerS: Double
        /// The highest rate that was borne and the lowest that was not.
        var kneePerS: Double?
        var beyondKneePerS: Double?
        var loads: [Load] = []
    }
}

extension LatencyRecord.Result {
    static let header = [
        "algorithm", "mode", "planned/s", "achieved/s", "a call", "p50 µs", "p90", "p99", "p99.9", "p99.99", "max",
        "cpu", "given up", "turned down",
    ]

    var table: [[String]] {
        loads.map { load in
            let latency = load.latency
            let times = [latency.p50Ns, latency.p90Ns, latency.p99Ns, latency.p999Ns, latency.p9999Ns, latency.maxNs]
            return [algorithm, mode.rawValue, Report.grouped(load.plannedPerS), Report.grouped(load.achievedPerS)]
                + [Report.decimal(load.requestsPerCall, 1)]
                + times.map { time in time.map { Report.decimal(Double($0) / 1000, 1) } ?? "–" }
                + [Report.percent(load.cpuShare)]
                + [load.givenUp, load.turnedDown ?? 0].map { $0 == 0 ? "" : Report.grouped(Double($0)) }
        }
    }

    /// Where the knee lies, in words; `nil` where none was looked for.
    func knee(p99Limit: Double?) -> String? {
        guard let p99Limit else { return nil }
        let place =
            switch (kneePerS, beyondKneePerS) {
            case (let knee?, let beyond?): "knee at \(Report.grouped(knee))/s; \(Report.grouped(beyond))/s is too much"
            case (let knee?, nil): "no knee up to \(Report.grouped(knee))/s"
            case (nil, _): "no knee: the lowest rate is too much"
            }
        return "\(algorithm) \(mode.rawValue), \(kernel): \(place) "
            + "(p99 within \(Report.decimal(p99Limit, 1)) × that of the lowest rate), "
            + "\(Report.grouped(saturatedPerS))/s when saturated"
    }
}
