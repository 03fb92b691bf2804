import Foundation

/// What a job asks for, ready to be verified.
public struct Work<Item: Sendable>: Sendable {
    let corpus: [Item]
    let workload: [Item]
    let isValid: @Sendable (Item) async -> Bool

    public init(corpus: [Item], workload: [Item], isValid: @escaping @Sendable (Item) async -> Bool) {
        self.corpus = corpus
        self.workload = workload
        self.isValid = isValid
    }
}

private struct Reply: Encodable {
    let engine: String
    let version: String
    let library: String
    var verdicts: String?
    var unsupported: String?
}

private struct Algorithm: Decodable { let algorithm: String }

/// The protocol of ../../../README.md for engines and backends in Swift. `prepare` makes the key ready; it returns nothing
/// where the algorithm is not known.
public func serve<Job: Decodable, Item: Sendable>(
    _ engine: String, version: String, library: String, prepare: @Sendable (Job) async throws -> Work<Item>?
) async throws {
    guard let line = readLine() else { return }
    let job = Data(line.utf8)
    var reply = Reply(engine: engine, version: version, library: library)
    guard let work = try await prepare(JSONDecoder().decode(Job.self, from: job)) else {
        reply.unsupported = "no \(try JSONDecoder().decode(Algorithm.self, from: job).algorithm)"
        return try say(reply)
    }
    var verdicts = ""
    for item in work.corpus + work.workload { verdicts += await work.isValid(item) ? "1" : "0" }
    reply.verdicts = verdicts
    try say(reply)
    var position = 0
    while let words = readLine()?.split(separator: " ") {
        guard words.count == 2, words[0] == "run", let seconds = Double(words[1]) else { exit(2) }
        await run(work, seconds, from: &position)
    }
}

private func say(_ reply: Reply) throws {
    print(String(decoding: try JSONEncoder().encode(reply), as: UTF8.self))
    fflush(nil)
}

/// A clock that is read after every token would be a part of what is measured.
private let tokensBetweenClocks = 8

private func run<Item>(_ work: Work<Item>, _ seconds: Double, from position: inout Int) async {
    let (start, cpu) = (now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID))
    var count = 0
    var wall = 0.0
    repeat {
        for _ in 0..<tokensBetweenClocks {
            guard await work.isValid(work.workload[position]) else {
                print("wrong")
                exit(1)
            }
            count += 1
            position = (position + 1) % work.workload.count
        }
        wall = now(CLOCK_MONOTONIC) - start
    } while wall < seconds
    print(count, wall, now(CLOCK_PROCESS_CPUTIME_ID) - cpu)
    fflush(nil)
}

private func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

extension Data {
    /// `nil` where the text is not base64url.
    public init?(base64URL text: String) {
        let digits = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        self.init(base64Encoded: digits + String(repeating: "=", count: (4 - digits.count % 4) % 4))
    }
}
