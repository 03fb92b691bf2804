/// What the records of a run say, for people.
struct RunPage {
    let records: RunRecords

    var page: Page {
        var page = Page(title: "FastVerify \(records.machine.date.prefix(10)), \(records.machine.cpu)")
        page.blocks =
            machine + engines + kernels + special + backends + stages + keys + latency + pool + adversarial + bias
        if !records.commands.isEmpty {
            page.blocks += [.heading("Commands"), .code(records.commands)]
        }
        return page
    }

    private var machine: [Page.Block] {
        let machine = records.machine
        let commit = machine.gitCommit.map { String($0.prefix(12)) } ?? "unknown"
        let marks = Noise.marks(machine)
        return [
            .paragraph(
                "One core of \(machine.cpus), \(machine.kernel). \(machine.openssl), libsodium \(machine.sodium), "
                    + "\(machine.swiftCompiler), commit \(commit). Compare ratios: rates move with the machine."
                    + (marks.isEmpty ? "" : " NOISY: \(marks.joined(separator: ", "))."))
        ]
    }

    // MARK: Engines

    private var engines: [Page.Block] {
        guard let peers = records.peers else { return [] }
        var charts: [Page.Block] = [.chart("engines", svg: overview(peers).svg)]
        for result in peers.results {
            let sorted = result.rows.sorted { $0.tokensPerS > $1.tokensPerS }
            let bars = sorted.map {
                BarChart.Bar(label: $0.engine, value: $0.tokensPerS, isOwn: $0.engine.hasPrefix(PeerRecord.own))
            }
            let chart = BarChart(
                title: "\(result.algorithm), tokens/s", axis: .logarithmic, groups: [.init(name: "", bars: bars)])
            charts.append(.chart("engines-\(result.algorithm)", svg: chart.svg))
        }
        return [
            .heading("Engines"),
            .paragraph(
                "Whole access tokens per second under one key, everybody in the same rounds. FastVerify has two rows: "
                    + "batches of \(peers.batch) and single tokens. openssl bare is the signature check alone."),
            .table(peers.pivot.header, peers.pivot.rows, left: 1),
        ] + charts + [.heading("Verdicts of the engines"), .code(peers.notes.joined(separator: "\n"))]
    }

    /// FastVerify, OpenSSL and the fastest other library.
    private func overview(_ peers: PeerRecord) -> BarChart {
        let groups = peers.results.map { result in
            let own = result.rows.filter { $0.engine.hasPrefix(PeerRecord.own) }
            let bare = result.rows.filter { $0.engine == Baseline.title }
            let best = result.rows.filter { $0.differences != nil }.max { $0.tokensPerS < $1.tokensPerS }
            return BarChart.Group(
                name: result.algorithm,
                bars: (own + bare + (best.map { [$0] } ?? [])).map {
                    BarChart.Bar(label: $0.engine, value: $0.tokensPerS, isOwn: $0.engine.hasPrefix(PeerRecord.own))
                })
        }
        return BarChart(title: "Tokens per second, one core, logarithmic", axis: .logarithmic, groups: groups)
    }

    // MARK: Kernels

    private var kernels: [Page.Block] {
        guard let largest = records.matrix.last else { return [] }
        let lines = records.selected.filter { $0.ratio != nil }.map { result in
            LineChart.Line(
                label: result.algorithm,
                values: RunRecords.batches.map {
                    records.result(result.algorithm, result.kernel, batch: $0)?.ratio
                })
        }
        let shown = ["HS256", "HS512", "RS256", "PS256", "ES256", "ES384", "ES256K", "EdDSA"]
        let chart = LineChart(
            title: "Times OpenSSL's bare check, by tokens handed over at once",
            places: RunRecords.batches.map { "\($0)" }, lines: lines.filter { shown.contains($0.label) })
        let rows = largest.results.map { result in
            Array(Report.row(result).dropLast(2)) + [Report.grouped(result.cyclesPerToken)]
                + RunRecords.batches.map { batch in
                    let ratio = records.result(result.algorithm, result.kernel, batch: batch)?.ratio
                    return ratio.map { Report.decimal($0, 2) } ?? "–"
                } + [Noise.kinds(result.noise)]
        }
        return [
            .heading("Kernels"),
            .paragraph(
                "Every row of the registry, whole tokens; * is selected by default. The ratio is to OpenSSL's bare check in "
                    + "the same rounds, with its 95 % interval, and on the right for other numbers of tokens at once."),
            .chart("batches", svg: chart.svg),
            .table(
                Array(Report.header.dropLast(2)) + ["cycles"] + RunRecords.batches.map { "ratio at \($0)" } + ["noise"],
                rows, left: 2),
        ]
    }

    private var backends: [Page.Block] {
        guard let backends = records.backends else { return [] }
        let rows = backends.results.flatMap { result in
            result.rows.sorted { $0.tokensPerS > $1.tokensPerS }.map { row in
                [
                    result.algorithm, row.engine, row.version ?? "", "\(row.batch)", Report.grouped(row.tokensPerS),
                    row.ratio.map { Report.decimal($0, 2) } ?? "–", Noise.kinds(row.noise),
                ]
            }
        }
        return [
            .heading("Crypto libraries"),
            .paragraph(
                "Bare signature checks per second, the message hashed in all of them but openssl bare where it is RSA or "
                    + "ECDSA; the ratio is to openssl bare."),
            .table(["algorithm", "library", "version", "batch", "signatures/s", "ratio", "noise"], rows, left: 3),
            .code(backends.notes.joined(separator: "\n")),
        ]
    }

    private var bias: [Page.Block] {
        [
            .heading("Bias"),
            .list([
                "FastVerify, which wins here, wrote this harness, the workloads and the programs around the other libraries.",
                "FastVerify is measured in batches, which the others do not have; compare its row for single tokens with them.",
                "Many tokens under one key is what FastVerify is built for. Keys that are seen once cost what OpenSSL or libsodium "
                    + "cost; the table of keys shows it.",
                "One core, one process, no network: servers add costs that make all engines look more alike.",
                "Left out: AWS-LC, BoringSSL, ring of today and jwt-cpp, which Debian does not have; hardware tokens; JWE. Versions "
                    + "are Debian's, PyPI's and the Swift packages of the day, not always the newest.",
            ]),
        ]
    }
}
