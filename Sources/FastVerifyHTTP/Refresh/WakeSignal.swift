internal import FastVerify

/// Wakes one sleeper, or keeps the wake-up for it: raised twice before anyone looks, it still wakes once.
final class WakeSignal: Sendable {
    private enum Condition {
        case lowered, raised
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let condition = WaitingLock(Condition.lowered)

    func raise() {
        let sleeper: CheckedContinuation<Void, Never>? = condition.withLock {
            guard case .awaited(let sleeper) = $0 else {
                $0 = .raised
                return nil
            }
            $0 = .lowered
            return sleeper
        }
        sleeper?.resume()
    }

    /// Returns when raised, at `time`, or when the task is cancelled. One sleeper at a time.
    func wait(until time: Duration?, _ clock: RefreshClock) async {
        guard let time else { return await wait() }
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            group.addTask { await clock.sleep(until: time) }
            await group.next()
            group.cancelAll()
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { sleeper in
                let isRaised = condition.withLock {
                    if case .raised = $0 {
                        $0 = .lowered
                        return true
                    }
                    // A cancellation that came first found no sleeper to wake.
                    if Task.isCancelled { return true }
                    $0 = .awaited(sleeper)
                    return false
                }
                if isRaised { sleeper.resume() }
            }
        } onCancel: {
            let sleeper: CheckedContinuation<Void, Never>? = condition.withLock {
                guard case .awaited(let sleeper) = $0 else { return nil }
                $0 = .lowered
                return sleeper
            }
            sleeper?.resume()
        }
    }
}
