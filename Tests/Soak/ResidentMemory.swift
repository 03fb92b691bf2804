import Foundation
import Synchronization

/// The process's resident memory, looked at every second.
final class ResidentMemory: Sendable {
    private let samples = Guarded<[Int]>([])

    /// In KiB; from the second number of /proc/self/statm, in pages. 0 where there is no such file.
    private static var now: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * (Int(getpagesize()) >> 10)
    }

    func sample(_ world: World) {
        while world.goesOn {
            samples.withLock { $0.append(Self.now) }
            sleep(1)
        }
    }

    /// In MiB, at the end of each tenth of the run.
    var tenths: [Int] {
        let samples = samples.withLock { $0 }
        guard samples.count >= 10 else { return [] }
        return (1...10).map { samples[samples.count * $0 / 10 - 1] >> 10 }
    }

    /// The middle one of the samples taken after some of the time, and of the last ones: the quarter from 25 % on, when all
    /// caches are full, and the last quarter.
    var growth: (warm: Int, end: Int)? {
        let samples = samples.withLock { $0 }
        guard samples.count >= 40 else { return nil }
        let quarter = samples.count / 4
        return (samples[quarter..<2 * quarter].sorted()[quarter / 2], samples.suffix(quarter).sorted()[quarter / 2])
    }
}
