import FastVerify

/// The parts of a report about where the time goes.
extension RunPage {
    var stages: [Page.Block] {
        guard let stages = records.stages else { return [] }
        var blocks: [Page.Block] = [.heading("Where the time of a token goes")]
        for split in stages.stages {
            let bars = split.stages.map {
                BarChart.Bar(label: $0.name, value: $0.ns.median, isOwn: $0.name == StageSplit.titles[.signature])
            }
            let title =
                "\(split.algorithm), \(split.kernel), batch \(split.batch), \(split.characters) characters: "
                + "\(Report.decimal(split.wholeNs.median, 0)) ns"
            let chart = BarChart(title: title, axis: .linear, groups: [.init(name: "", bars: bars)])
            blocks.append(.chart("stages-\(split.algorithm)", svg: chart.svg))
        }
        return blocks
    }

    var keys: [Page.Block] {
        if records.keys.isEmpty { return [] }
        let rows = records.keys.flatMap { record in
            record.results.map { result in
                [
                    Report.grouped(Double(record.workload.keys ?? 1)), result.algorithm, result.kernel,
                    Report.grouped(result.tokensPerS), result.ratio.map { Report.decimal($0, 2) } ?? "–",
                    result.ratioDetail.map { "\(Report.decimal($0.low, 2))…\(Report.decimal($0.high, 2))" } ?? "–",
                    Noise.kinds(result.noise),
                ]
            }
        }
        return [
            .heading("Keys"),
            .paragraph(
                "Tokens under many keys in rotation. A key earns a table of its multiples after 8 uses; of 10,000 keys with one "
                    + "token each none does."),
            .table(["keys", "algorithm", "kernel", "tokens/s", "ratio", "95 %", "noise"], rows, left: 0),
        ]
    }

    var special: [Page.Block] {
        if records.special.isEmpty { return [] }
        let rows = records.special.flatMap { title, record in
            record.results.map { result in
                [
                    title, result.algorithm, result.kernel + (result.selected ? " *" : ""), "\(result.batch)",
                    Report.grouped(result.tokensPerS), result.ratio.map { Report.decimal($0, 2) } ?? "–",
                    result.ratioDetail.map { "\(Report.decimal($0.low, 2))…\(Report.decimal($0.high, 2))" } ?? "–",
                    Noise.kinds(result.noise),
                ]
            }
        }
        return [
            .heading("Several processes, longer keys, lesser processors"),
            .paragraph(
                "Where there are several processes each is one sample. Where a processor can do less, OpenSSL is held to the same "
                    + "(OPENSSL_ia32cap)."),
            .table(["", "algorithm", "kernel", "batch", "tokens/s", "ratio", "95 %", "noise"], rows, left: 3),
        ]
    }

    var latency: [Page.Block] {
        guard let arrivals = records.latency.first?.arrivals else { return [] }
        let charts = records.latency.map { record -> Page.Block in
            let isPool = record.results.contains { $0.mode == .pool }
            return .chart(isPool ? "latency-pool" : "latency", svg: Self.chart(record).svg)
        }
        return [
            .heading("Latency under load"),
            .paragraph(
                "Requests are sent at times planned beforehand (\(arrivals.rawValue) arrivals) whatever became of the "
                    + "earlier ones, and timed from the planned moment. Calls use one CPU; a pool's workers all, one of them "
                    + "shared with the thread that sends and looks at the clock all the time."),
        ] + charts + [
            .list(
                records.latency.flatMap { record in record.results.compactMap { $0.knee(p99Limit: record.p99Limit) } }),
            .table(LatencyRecord.Result.header, records.latency.flatMap(\.results).flatMap(\.table), left: 2),
        ]
    }

    private static func chart(_ record: LatencyRecord) -> LineChart {
        let lines = record.results.compactMap { result -> LineChart.Line? in
            // Half of what it can bear: a server that is not yet in trouble.
            let half = (result.kneePerS ?? result.saturatedPerS) / 2
            guard let load = result.loads.min(by: { abs($0.plannedPerS - half) < abs($1.plannedPerS - half) }) else {
                return nil
            }
            let times = load.latency
            let all: [UInt64?] = [times.p50Ns, times.p90Ns, times.p99Ns, times.p999Ns, times.p9999Ns]
            return LineChart.Line(
                label: "\(result.algorithm) \(result.mode.rawValue)", values: all.map { $0.map { Double($0) / 1000 } })
        }
        return LineChart(
            title: "Latency in µs at about half the knee", places: ["p50", "p90", "p99", "p99.9", "p99.99"],
            lines: lines)
    }

    var pool: [Page.Block] {
        guard let pool = records.pool else { return [] }
        return [
            .heading("A pool under concurrent callers"),
            .paragraph(
                "\(pool.callers) callers each wait for the verdict on one token before they ask for the next; beside them as many "
                    + "threads as CPUs that verify batches."),
            .table(PoolRecord.header, pool.results.flatMap(\.table), left: 2),
            .list(pool.results.map { $0.single.text($0.algorithm) }),
        ]
    }

    var adversarial: [Page.Block] {
        guard let adversarial = records.adversarial else { return [] }
        return [
            .heading("What hostile tokens cost"),
            .paragraph(
                "CPU time per token, and its ratio to what its budget is held to: a valid token, for longer tokens as many "
                    + "characters of one, for exceptional ECDSA signatures a valid token and OpenSSL's bare check."),
            .table(AdversarialCost.header, adversarial.costs.map(\.row), left: 3),
        ]
    }
}
