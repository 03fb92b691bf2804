import Foundation

/// How the send times of a load lie.
enum Arrivals: String, Codable, CaseIterable {
    /// As from many clients that know nothing of each other.
    case poisson
    /// At equal distances.
    case uniform
}

/// When the requests of a load are sent: fixed before the first of them, whatever becomes of it.
struct ArrivalPlan {
    /// Seconds since the start, ascending.
    let times: [Double]
    /// Over which the times are spread.
    let seconds: Double

    /// 16 bytes are kept for each request.
    static let most = 20_000_000

    /// As many requests as the rate makes in so many seconds, at least one. A seed names a plan.
    init(_ arrivals: Arrivals, rate: Double, seconds: Double, seed: UInt64) {
        let count = max(1, Int((rate * seconds).rounded()))
        self.seconds = Double(count) / rate
        switch arrivals {
        case .uniform: times = (0..<count).map { Double($0) / rate }
        case .poisson:
            // The arrivals of a Poisson process, given their number, lie as sums of exponential gaps over the sum of one
            // gap more (Devroye 1986, V.2): so the rate is exactly the planned one.
            var random = Random(seed: seed)
            var sum = 0.0
            let sums = (0...count).map { _ in
                sum -= log(1 - Double.random(in: 0..<1, using: &random))
                return sum
            }
            let scale = self.seconds / sum
            times = sums.dropLast().map { $0 * scale }
        }
    }

    /// All at once.
    init(burst count: Int) {
        times = [Double](repeating: 0, count: count)
        seconds = 0
    }
}
