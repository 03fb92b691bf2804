import Foundation

/// A way of calling the verifier under load. Requests are numbered from 0 in the order of their planned times.
protocol LoadTarget: AnyObject {
    /// Most requests it takes at once.
    var capacity: Int { get }
    /// Takes requests and enters them in `answers` as they are answered: before it returns, or later on any thread.
    func take(_ requests: Range<Int>, _ answers: Answers) throws(WrongVerdict)
    /// Returns when every request that was taken has been answered.
    func finish() throws(WrongVerdict)
}

extension LoadTarget {
    /// For those that answer before `take` returns.
    func finish() {}
}

/// When each request of a load was answered.
///
/// Each is entered once, on any thread; nothing is read before `LoadTarget.finish` has returned, hence Sendable.
final class Answers: @unchecked Sendable {
    private let times: UnsafeMutableBufferPointer<Double>
    private let clock: any LoadClock

    init(count: Int, _ clock: any LoadClock) {
        times = .allocate(capacity: count)
        // Touches every page, so that no answer waits for one.
        times.initialize(repeating: .infinity)
        self.clock = clock
    }

    deinit { times.deallocate() }

    /// These requests have been answered now.
    func enter(_ requests: Range<Int>) {
        let now = clock.now
        for request in requests { times[request] = now }
    }

    /// This request was turned down at once, for there are too many.
    func turnDown(_ request: Int) { times[request] = .nan }

    /// By the load's clock; infinite where there was no answer, not a number where the request was turned down.
    subscript(request: Int) -> Double { times[request] }
}

/// The time of a load, in seconds since some moment.
protocol LoadClock: Sendable {
    var now: Double { get }
    /// Returns at that time or later.
    func wait(until time: Double)
}

/// How a load generator passes the time until the next request is due.
enum Waiting: String, Codable, CaseIterable {
    /// Looks at the clock all the time.
    case spin
    /// Leaves the CPU to others; waking up takes some 50 µs, which are part of the latency.
    case sleep
}

/// The time on the wall.
struct WallClock: LoadClock {
    let waiting: Waiting

    var now: Double { Clock.wall.now }

    func wait(until time: Double) {
        while case let left = time - now, left > 0 {
            guard waiting == .sleep else { continue }
            var pause = timespec(tv_sec: Int(left), tv_nsec: Int(left.truncatingRemainder(dividingBy: 1) * 1e9))
            nanosleep(&pause, nil)
        }
    }
}

/// What answers before it returns: the library, called by the load generator's own thread.
final class CallTarget: LoadTarget {
    let capacity: Int
    private let contender: any Contender

    /// Single tokens have a capacity of 1; batches take whatever is due, up to theirs.
    init(_ contender: any Contender, capacity: Int) {
        self.contender = contender
        self.capacity = capacity
    }

    func take(_ requests: Range<Int>, _ answers: Answers) throws(WrongVerdict) {
        var first = requests.lowerBound
        while first < requests.upperBound {
            // After the last token the first comes again, in a call of its own.
            let position = first % contender.count
            let part = position..<min(position + requests.upperBound - first, contender.count)
            try contender.checkVerdicts(of: part)
            first += part.count
        }
        answers.enter(requests)
    }
}
