import CHeap
import Foundation

/// The process's memory, looked at every second: what is resident, and what of the heap is in use.
///
/// What is resident contains what the allocator keeps for the next time, in an arena for every few threads, and grows into
/// that for minutes. What is in use says at once whether something is kept that should not be.
final class ResidentMemory: Sendable {
    /// In KiB.
    struct Sample {
        let resident: Int
        /// 0 under a sanitizer, and where the C library does not say.
        let inUse: Int
    }

    private let samples = Guarded<[Sample]>([])

    private static var now: Sample {
        // The second number of /proc/self/statm, in pages.
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Sample(resident: pages * (Int(getpagesize()) >> 10), inUse: fv_heap_in_use() >> 10)
    }

    func sample(_ world: World) {
        while world.goesOn {
            samples.withLock { $0.append(Self.now) }
            sleep(1)
        }
    }

    /// At the end of each tenth of the run, in MiB.
    func tenths(_ part: (Sample) -> Int) -> String {
        let samples = samples.withLock { $0 }
        guard samples.count >= 10 else { return "" }
        return (1...10).map { "\(part(samples[samples.count * $0 / 10 - 1]) >> 10)" }.joined(separator: " ")
    }

    /// From the second quarter, when all caches are full, to the last: the middle one of the samples of each.
    func growth(_ part: (Sample) -> Int) -> Int {
        let samples = samples.withLock { $0 }
        guard samples.count >= 40 else { return 0 }
        let quarter = samples.count / 4
        let warm = samples[quarter..<2 * quarter].map(part).sorted()[quarter / 2]
        return samples.suffix(quarter).map(part).sorted()[quarter / 2] - warm
    }
}
