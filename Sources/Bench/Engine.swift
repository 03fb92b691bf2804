import FastVerify
import Foundation

/// Another JWT verifier, or another backend, as a program in a folder of its own: Benchmarks/engines/README.md.
struct Engine {
    let name: String
    let folder: URL

    var program: URL { folder.appendingPathComponent("run") }
    /// The last thing the folder's `build` leaves behind.
    var isBuilt: Bool {
        FileManager.default.isExecutableFile(atPath: program.path)
            && FileManager.default.fileExists(atPath: folder.appendingPathComponent(".build/built").path)
    }

    /// The programs of a folder, built or not, by name.
    static func all(in folder: String) -> [Engine] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { Engine(name: $0, folder: URL(fileURLWithPath: "\(folder)/\($0)")) }
            .filter { FileManager.default.fileExists(atPath: $0.program.path) }
    }
}

/// Why an engine is left out of a measurement.
struct EngineFailure: Error, CustomStringConvertible, Equatable {
    let description: String
}

/// The first line an engine answers.
struct EngineReply: Decodable {
    var version: String?
    /// What does the cryptography.
    var library: String?
    /// 1 for each accepted token and 0 for each refused one, first of the corpus, then of the workload.
    var verdicts: String?
    var unsupported: String?

    init(_ line: String) throws(EngineFailure) {
        guard let reply = try? JSONDecoder().decode(Self.self, from: Data(line.utf8)),
            (reply.verdicts == nil) != (reply.unsupported == nil)
        else { throw EngineFailure(description: "answers garbage: \(line.prefix(80))") }
        self = reply
    }

    /// Classes of the corpus that were judged otherwise than they must be.
    func differences(_ cases: [Corpus.Case], tokens: Int) throws(EngineFailure) -> EngineDifferences {
        let verdicts = Array((verdicts ?? "").utf8)
        let count = cases.count
        guard verdicts.count == count + tokens, verdicts.allSatisfy({ $0 == 0x30 || $0 == 0x31 }) else {
            throw EngineFailure(description: "\(verdicts.count) verdicts on \(count + tokens) tokens, or not 0 and 1")
        }
        let refused = verdicts[count...].count { $0 == 0x30 }
        guard refused == 0 else {
            throw EngineFailure(description: "refuses \(refused) of the workload's \(tokens) tokens, all valid")
        }
        var differences = EngineDifferences()
        for (known, verdict) in zip(cases, verdicts) where (verdict == 0x31) != (known.expected == nil) {
            differences.add(known)
        }
        return differences
    }
}

/// Where an engine's verdicts are not FastVerify's.
struct EngineDifferences: Codable, Equatable {
    /// Bad tokens taken for good ones, by class.
    private(set) var accepts: [String] = []
    /// Bad tokens that RFC 7515 and RFC 7519 allow a library to take, or to leave to its caller.
    private(set) var leavesToCaller: [String] = []
    /// Good tokens taken for bad ones.
    private(set) var refuses: [String] = []

    /// Which key belongs to a name and which types are wanted are decided by the application; of a claim that comes twice
    /// the last may be taken.
    private static let open: Set<VerificationError> = [.keyNotFound, .wrongType, .duplicateMember]

    mutating func add(_ known: Corpus.Case) {
        func insert(_ list: inout [String]) { if !list.contains(known.name) { list.append(known.name) } }
        switch known.expected {
        case nil: insert(&refuses)
        case let error? where Self.open.contains(error): insert(&leavesToCaller)
        case .some: insert(&accepts)
        }
    }
}
