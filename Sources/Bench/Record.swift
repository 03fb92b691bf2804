import Foundation

/// A measurement as it is written to a file: the format of `measure --json`.
struct Record: Codable {
    var environment: Machine
    var workload: Description
    var results: [Result] = []

    /// What was measured, and how.
    struct Description: Codable {
        let source: String
        let seed: UInt64?
        let keys: Int?
        let layer: String
        let rounds: Int
        /// Where there are several, each is one sample.
        var processes = 1
        let secondsPerContender: Double
        let clock: Clock
    }

    /// One kernel on one algorithm.
    struct Result: Codable {
        let algorithm: String
        let kernel: String
        let backend: String
        let lanes: Int
        /// Whether the registry would choose this row by itself.
        let selected: Bool
        let batch: Int
        let tokens: Int
        let valid: Int
        let tokenCharacters: [Int]
        let tokensPerS: Double
        let tokensPerSDetail: Statistics
        /// One for each round.
        let tokensPerSSamples: [Double]
        let opensslPerS: Double?
        let opensslPerSDetail: Statistics?
        /// Whole tokens to OpenSSL's bare checks, round by round.
        let ratio: Double?
        let ratioDetail: Statistics?
        /// Cycles of the core, from its clock rate before each round.
        let cyclesPerToken: Double
        let coreHertz: Statistics
        /// The part of the time in which the thread had the CPU.
        let cpuShare: Double
        let outliers: Outliers
        /// What disturbed the measurement; see `Noise`.
        let noise: [String]
    }

    /// What `json` has written, of this type or of one that takes less of it.
    static func read<Value: Decodable>(_ type: Value.Type, _ json: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: json)
    }

    /// Pretty JSON with sorted keys.
    static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(value) + Data("\n".utf8)
    }
}
