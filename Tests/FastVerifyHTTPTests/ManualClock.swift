import Synchronization

@testable import FastVerifyHTTP

/// A clock that moves only when told to. Sleepers wake when it passes their time.
final class ManualClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var time: Duration
        func advanced(by duration: Duration) -> Instant { Instant(time: time + duration) }
        func duration(to other: Instant) -> Duration { other.time - time }
        static func < (a: Instant, b: Instant) -> Bool { a.time < b.time }
    }

    private struct Condition {
        var now = Instant(time: .seconds(1_000))
        var sleepers: [Int: (time: Instant, task: CheckedContinuation<Void, any Error>)] = [:]
        var last = 0
    }

    private let condition = Mutex(Condition())

    var now: Instant { condition.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }
    var sleeperCount: Int { condition.withLock { $0.sleepers.count } }

    func advance(by duration: Duration) {
        let awake = condition.withLock { condition in
            condition.now = condition.now.advanced(by: duration)
            let awake = condition.sleepers.filter { $0.value.time <= condition.now }
            for name in awake.keys { condition.sleepers[name] = nil }
            return awake.values.map(\.task)
        }
        for task in awake { task.resume() }
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let name = condition.withLock {
            $0.last += 1
            return $0.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { task in
                let ends: Result<Void, any Error>? = condition.withLock {
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if deadline <= $0.now { return .success(()) }
                    $0.sleepers[name] = (deadline, task)
                    return nil
                }
                if let ends { task.resume(with: ends) }
            }
        } onCancel: {
            condition.withLock { $0.sleepers.removeValue(forKey: name) }?.task.resume(throwing: CancellationError())
        }
    }
}

/// Waits for something that other tasks bring about. The limit only keeps a broken test from hanging.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<30_000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return condition()
}
