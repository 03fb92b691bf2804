internal import FastVerify

/// Tasks that wait for the next fetch to end; so many and no more, since a stranger's tokens make them wait.
final class FetchWaiters: Sendable {
    private struct Queue {
        var tasks: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var last: UInt64 = 0
    }

    private let queue = WaitingLock(Queue())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { queue.withLock { $0.tasks.count } }

    /// Wakes all.
    func wakeAll() {
        let tasks = queue.withLock { queue in
            defer { queue.tasks.removeAll() }
            return queue.tasks
        }
        for task in tasks.values { task.resume() }
    }

    /// Returns when woken, at `time`, when the task is cancelled, and at once when there are too many already or the
    /// `condition` does not hold. It is read after the task has been queued, so no wake-up is missed in between.
    func wait(until time: Duration?, _ clock: RefreshClock, while condition: @escaping @Sendable () -> Bool) async {
        guard let time else { return await wait(condition) }
        await withTaskGroup { group in
            group.addTask { await self.wait(condition) }
            group.addTask { await clock.sleep(until: time) }
            await group.next()
            group.cancelAll()
        }
    }

    private func wait(_ condition: @Sendable () -> Bool) async {
        let name = queue.withLock {
            $0.last += 1
            return $0.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { task in
                let isQueued = queue.withLock {
                    guard $0.tasks.count < limit else { return false }
                    $0.tasks[name] = task
                    return true
                }
                if !isQueued { task.resume() } else if Task.isCancelled || !condition() { wake(name) }
            }
        } onCancel: {
            wake(name)
        }
    }

    private func wake(_ name: UInt64) {
        queue.withLock { $0.tasks.removeValue(forKey: name) }?.resume()
    }
}
