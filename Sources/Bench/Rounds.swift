import ArgumentParser
import CBaseline
import Foundation

/// Something that checks signatures or tokens and can be timed.
protocol Contender: AnyObject {
    var name: String { get }
    /// Number of tokens it goes through, in order, from the beginning again after the end.
    var count: Int { get }
    /// How many of the tokens before each position are valid; `count + 1` sums, the first of which is 0.
    var validBefore: [Int] { get }
    /// Checks some of them and returns how many are valid.
    func check(_ range: Range<Int>) -> Int
}

extension Contender {
    func isExpected(_ valid: Int, in range: Range<Int>) -> Bool {
        valid == validBefore[range.upperBound] - validBefore[range.lowerBound]
    }

    /// Checks every token by itself.
    func checkAll() throws(WrongVerdict) {
        for position in 0..<count { try checkVerdicts(of: position..<position + 1) }
    }

    func checkVerdicts(of range: Range<Int>) throws(WrongVerdict) {
        let valid = check(range)
        guard isExpected(valid, in: range) else {
            throw WrongVerdict(description: "\(name): \(valid) valid tokens in \(range), not the expected count")
        }
    }

    /// What `validBefore` is, of the verdict that each token must get.
    static func sums(_ isValid: [Bool]) -> [Int] { isValid.reduce(into: [0]) { $0.append($0.last! + ($1 ? 1 : 0)) } }
}

/// A measurement that must not be believed.
struct WrongVerdict: Error, CustomStringConvertible, Equatable {
    let description: String

    /// Runs a command's measurement; a wrong verdict is printed and becomes exit status 1.
    static func ends<Result>(_ measurement: () throws -> Result) throws -> Result {
        do {
            return try measurement()
        } catch let error as WrongVerdict {
            FileHandle.standardError.write(Data("wrong verdict: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }
}

/// Times contenders in turn (A B C A B C …), so that a change of clock rate or load meets all of them alike.
struct Rounds {
    let batch: Int
    /// Seconds each contender gets over all rounds.
    let seconds: Double
    let rounds: Int
    /// Which seconds are counted.
    var clock = Clock.wall

    /// What each contender did in each round.
    struct Samples {
        /// Tokens per second, one for each round.
        var rates: [Double] = []
        /// Cycles a second of the core before each round; 0 where that is not known.
        var hertz: [Double] = []
        var cpuSeconds = 0.0
        var wallSeconds = 0.0
        var tokens = 0
    }

    /// Times every contender; any pass whose valid count is not the expected one ends the measurement.
    func run(_ contenders: [any Contender]) throws(WrongVerdict) -> [Samples] {
        var samples = contenders.map { _ in Samples() }
        var positions = contenders.map { _ in 0 }
        let slice = seconds / Double(rounds)
        for round in -1..<rounds {  // round -1 warms caches and is not kept
            for index in contenders.indices {
                let length = round < 0 ? slice / 2 : slice
                let hertz = baseline_core_hertz()
                let sample = try slot(contenders[index], from: &positions[index], seconds: length)
                if round >= 0 { samples[index].add(sample, by: clock, hertz: hertz) }
            }
        }
        return samples
    }

    /// A clock that is read after every token would be a part of what is measured.
    static let tokensBetweenClocks = 8

    /// Times one contender for some seconds, going on from `position`.
    func slot(
        _ contender: any Contender, from position: inout Int, seconds: Double
    ) throws(WrongVerdict) -> (tokens: Int, wall: Double, cpu: Double) {
        var tokens = 0
        let cpu = Clock.thread.now
        let start = Clock.wall.now
        var now = start
        var due = Self.tokensBetweenClocks
        repeat {
            let range = position..<min(position + batch, contender.count)
            try contender.checkVerdicts(of: range)
            tokens += range.count
            position = range.upperBound == contender.count ? 0 : range.upperBound
            if tokens < due { continue }
            due = tokens + Self.tokensBetweenClocks
            now = Clock.wall.now
        } while now - start < seconds
        return (tokens, now - start, Clock.thread.now - cpu)
    }
}

extension Rounds.Samples {
    mutating func add(
        _ sample: (tokens: Int, wall: Double, cpu: Double), by clock: Clock, hertz: Double
    ) {
        self.hertz.append(hertz)
        rates.append(Double(sample.tokens) / (clock == .wall ? sample.wall : sample.cpu))
        tokens += sample.tokens
        wallSeconds += sample.wall
        cpuSeconds += sample.cpu
    }

    /// Cycles of the core for each token, one for each round.
    var cycles: [Double] { zip(rates, hertz).map { $1 / $0 } }

    /// The part of the time in which the thread had the processor; well below 1 on a busy machine.
    var cpuShare: Double { wallSeconds > 0 ? cpuSeconds / wallSeconds : 1 }
}

/// The clocks that measurements use.
enum Clock: String, Codable, CaseIterable {
    /// Time on the wall, which is what a service lives by.
    case wall
    /// Time in which the thread had the CPU: steadier where others use the machine.
    case thread

    /// Seconds since some moment.
    var now: Double {
        var time = timespec()
        clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
