import CCrypto
import FastVerify

/// The outcome of one file.
struct VectorRun {
    let file: String
    let rows: Int
    private(set) var agreements = 0
    private(set) var disagreements: [String] = []
    private(set) var skipped: [String: Int]
    private(set) var kernels: Set<String> = []

    /// Runs a file through every supported kernel of that name, `all` for every one.
    init(_ file: VectorFile, kernel wanted: String) throws {
        self.file = file.name
        rows = file.rows.count
        skipped = file.skipped
        var signatures: [Algorithm: [VectorRow]] = [:]
        for row in file.rows {
            switch row.test {
            case .signature(let algorithm, _, _, _): signatures[algorithm, default: []].append(row)
            case .key(let algorithm, let material): note(row, Self.imports(material, algorithm), "import")
            case .jwk(let algorithm, let json): note(row, Self.imports(json, algorithm), "import")
            }
        }
        for (algorithm, rows) in signatures.sorted(by: { $0.key < $1.key }) {
            let chosen = Kernel.all(for: algorithm).filter { $0.isSupported && (wanted == "all" || $0.name == wanted) }
            if chosen.isEmpty { skipped["no supported kernel \"\(wanted)\" of \(algorithm)", default: 0] += rows.count }
            for kernel in chosen { try check(rows, kernel) }
        }
    }

    private mutating func check(_ rows: [VectorRow], _ kernel: Kernel) throws {
        kernels.insert(kernel.name)
        let lanes = try LaneCheck(kernel)
        var keys: [KeyMaterial: KernelKey?] = [:]
        var together: [(row: VectorRow, item: LaneCheck.Item)] = []
        for row in rows {
            guard case .signature(_, let material, let message, let signature) = row.test else { continue }
            let key = keys[material] ?? (try? KernelKey(material, for: kernel.row))
            keys[material] = .some(key)
            guard let key else {
                note(row, false, "\(kernel.name), key refused")
                continue
            }
            note(row, lanes.verdict(key, message, signature), kernel.name)
            together.append((row, LaneCheck.Item(key, message, signature)))
        }
        for ((row, _), verdict) in zip(together, lanes.run(together.map(\.item)))
        where verdict != (row.isAccepted ? 1 : 0) {
            disagreements.append("\(row.id) \(kernel.name), all rows in one batch: verdict \(verdict) (\(row.comment))")
        }
    }

    private mutating func note(_ row: VectorRow, _ verdict: Bool?, _ by: String) {
        if verdict == row.isAccepted {
            agreements += 1
            return
        }
        let text = verdict.map { $0 ? "accepted" : "refused" } ?? "depends on lane or neighbours"
        disagreements.append(
            "\(row.id) \(by): \(text), must be \(row.isAccepted ? "accepted" : "refused") (\(row.comment))")
    }

    private static func imports(_ material: KeyMaterial, _ algorithm: Algorithm) -> Bool {
        guard let key = try? material.imported() else { return false }
        defer { fv_key_free(key) }
        return fv_key_algorithms(key) & algorithm.schemes != 0
    }

    private static func imports(_ jwk: [UInt8], _ algorithm: Algorithm) -> Bool {
        (try? JWK(json: jwk))?.algorithms.contains(algorithm) ?? false
    }
}
