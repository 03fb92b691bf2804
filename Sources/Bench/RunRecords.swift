import Foundation

/// The records of one run of the whole harness, as `make report` leaves them in a folder. What is missing is left out.
struct RunRecords {
    /// `measure` with so many tokens at once.
    let matrix: [Record]
    /// `measure --keys`.
    let keys: [Record]
    /// Several processes as samples, longer RSA keys, processors that can do less; each with what is special about it.
    let special: [(title: String, record: Record)]
    let peers: PeerRecord?
    let backends: PeerRecord?
    let stages: Stages.Output?
    /// `latency` of calls, and of a pool.
    let latency: [LatencyRecord]
    let pool: PoolRecord?
    let adversarial: Adversarial.Output?
    /// The commands, one a line.
    let commands: String

    static let batches = [1, 8, 64, 512]

    struct Unusable: Error, CustomStringConvertible { let description: String }

    init(folder: URL) throws {
        func read<T: Decodable>(_ type: T.Type, _ name: String) throws -> T? {
            let file = folder.appendingPathComponent(name + ".json")
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            do { return try Record.read(type, Data(contentsOf: file)) } catch {
                throw Unusable(description: "\(name).json is no record of this version: \(error)")
            }
        }
        matrix = try Self.batches.compactMap { try read(Record.self, "matrix-\($0)") }
        keys = try [1, 64, 10_000].compactMap { try read(Record.self, "keys-\($0)") }
        let longer = try [3072, 4096].compactMap { bits in
            try read(Record.self, "rsa-\(bits)").map { (title: "RSA of \(bits) bits", record: $0) }
        }
        let lesser = try Self.batches.compactMap { batch in
            try read(Record.self, "avx2-only-\(batch)").map { (title: "no AVX-512, no SHA-NI", record: $0) }
        }
        let repeated = try read(Record.self, "processes-512").map {
            (title: "\($0.workload.processes) processes", record: $0)
        }
        special = (repeated.map { [$0] } ?? []) + longer + lesser
        peers = try read(PeerRecord.self, "peers")
        backends = try read(PeerRecord.self, "backends")
        stages = try read(Stages.Output.self, "stages")
        latency = try ["latency", "latency-pool"].compactMap { try read(LatencyRecord.self, $0) }
        pool = try read(PoolRecord.self, "pool")
        adversarial = try read(Adversarial.Output.self, "adversarial")
        let file = folder.appendingPathComponent("commands.txt")
        let lines = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        commands = lines.split(separator: "\n").joined(separator: "\n")
        guard !matrix.isEmpty || peers != nil else {
            throw Unusable(description: "\(folder.path) holds no matrix-N.json and no peers.json")
        }
    }

    /// The machine that the records were made on.
    var machine: Machine { matrix.last?.environment ?? peers!.environment }

    /// What the registry selects, of the record with the largest batches.
    var selected: [Record.Result] { matrix.last?.results.filter(\.selected) ?? [] }

    func result(_ algorithm: String, _ kernel: String, batch: Int) -> Record.Result? {
        matrix.lazy.flatMap(\.results).first {
            $0.algorithm == algorithm && $0.kernel == kernel && $0.batch == batch
        }
    }
}
