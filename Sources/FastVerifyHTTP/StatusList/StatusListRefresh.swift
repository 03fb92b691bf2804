internal import FastVerify
internal import Synchronization
internal import Tracing

/// Which lists are fetched when, and what a fetch does to those in force.
extension RemoteStatusLists {
    /// Lists whose fetch has begun when this returns; where there are none, when to look again at the latest.
    func nextFetches() -> (uris: [String], until: Duration?) {
        let now = clock.now
        return condition.withLock { condition in
            for uri in wanted.take() { admit(uri, now: now, to: &condition) }
            var uris: [String] = []
            var next: Duration?
            for uri in condition.lists.keys {
                if isIdle(uri, now: now, in: &condition) {
                    forget(uri, in: &condition)
                    continue
                }
                // The end of a fetch wakes whoever waits for room.
                guard condition.running < rules.fetches else { break }
                switch condition.lists[uri]!.schedule.step(now: now, isWanted: false) {
                case .fetch:
                    condition.running += 1
                    condition.fetches += 1
                    uris.append(uri)
                case .wait(let time): next = [next, time].compactMap { $0 }.min()
                case .drop: break
                }
            }
            return (uris, next)
        }
    }

    // MARK: Room

    /// Looks for a list from now on, if it may and there is room.
    private func admit(_ uri: String, now: Duration, to condition: inout Condition) {
        if condition.lists[uri] != nil {
            condition.lists[uri]!.lastUse = now
            return
        }
        guard let (position, endpoint) = issuer(of: uri) else {
            condition.refusedURIs += 1
            return
        }
        if condition.lists.count >= rules.lists {
            guard let oldest = unused(now: now, in: &condition) else {
                condition.crowdedOut += 1
                return
            }
            forget(oldest, in: &condition)
        }
        let schedule = RefreshSchedule(rules.refresh, now: now)
        condition.lists[uri] = Entry(endpoint: endpoint, issuer: position, schedule: schedule, lastUse: now)
    }

    /// Notes whether tokens have asked for a list since this was last looked at.
    private func noteUse(_ uri: String, now: Duration, in condition: inout Condition) {
        if source.clearUse(of: uri) { condition.lists[uri]!.lastUse = now }
    }

    private func isIdle(_ uri: String, now: Duration, in condition: inout Condition) -> Bool {
        noteUse(uri, now: now, in: &condition)
        let entry = condition.lists[uri]!
        return now - entry.lastUse >= rules.idleTime && !entry.schedule.isFetching
    }

    /// The list that nobody has asked for for longest, if that is longer than the shortest lifetime of a list: whoever
    /// names many lists must not push out those in use.
    private func unused(now: Duration, in condition: inout Condition) -> String? {
        for uri in condition.lists.keys { noteUse(uri, now: now, in: &condition) }
        let limit = now - rules.refresh.consistent.minimumLifetime
        return condition.lists.filter { $0.value.lastUse <= limit && !$0.value.schedule.isFetching }
            .min { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) }?.key
    }

    private func forget(_ uri: String, in condition: inout Condition) {
        condition.lists[uri] = nil
        source.remove(uri)
        wanted.forget(uri)
    }

    // MARK: Fetching

    /// One fetch from beginning to end, within its total time. The schedule has begun it already.
    func perform(_ uri: String) async {
        guard let entry = condition.withLock({ $0.lists[uri] }) else { return }
        await withSpan("fastverify.statuslist.fetch", ofKind: .client) { span in
            span.attributes["server.address"] = entry.endpoint.host
            let failure = settle(uri, await answerInTime(uri, entry))
            span.attributes["fastverify.outcome"] = failure?.name ?? "held"
            if failure != nil { span.setStatus(.init(code: .error)) }
            let (count, bytes) = condition.withLock { ($0.lists.values.count { $0.lastSuccess != nil }, $0.bytes) }
            recorder.ended(failure, host: entry.endpoint.host, lists: count, bytes: bytes)
        }
        signal.raise()
    }

    private typealias FetchResult = Result<StatusListFetch.Answer, StatusListFetch.Failure>

    private func answerInTime(_ uri: String, _ entry: Entry) async -> FetchResult {
        let end = clock.now + rules.limits.totalTime
        return await withTaskGroup(of: FetchResult.self) { group in
            group.addTask {
                do throws(StatusListFetch.Failure) {
                    let verifier = self.issuers[entry.issuer].verifier
                    return .success(
                        try await self.fetch.list(
                            at: uri, entry.endpoint, entityTag: entry.entityTag, verifier))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                await self.clock.sleep(until: end)
                let reason: FetchError = Task.isCancelled ? .cancelled : .timedOut
                return .failure(StatusListFetch.Failure(reason: .fetch(reason)))
            }
            let first = await group.next()!
            group.cancelAll()
            return first
        }
    }

    /// Puts the answer in force and tells the schedule. Returns why not.
    private func settle(_ uri: String, _ result: FetchResult) -> StatusListFailure? {
        let draw = Double.random(in: 0...1)
        let now = clock.now
        return condition.withLock { condition in
            condition.running -= 1
            guard condition.lists[uri] != nil else { return nil }
            switch result {
            case .success(.list(let list, let tag, let freshness, let age)):
                let others = condition.bytes - condition.lists[uri]!.bytes
                guard others + list.bytes <= rules.totalBytes else { return fail(uri, .full, nil, &condition) }
                guard source.put(list, age: age) else { return fail(uri, .outdated, nil, &condition) }
                condition.lists[uri]!.entityTag = tag
                condition.lists[uri]!.bytes = list.bytes
                return succeed(list, freshness, age)
            case .success(.unchanged(let freshness)):
                guard let list = source.list(at: uri) else {
                    return fail(uri, .fetch(.nothingToConfirm), nil, &condition)
                }
                if let end = list.expiration, end <= wallClock.now {
                    return fail(uri, .refused(.expired), nil, &condition)
                }
                source.put(list)
                return succeed(list, freshness, 0)
            case .failure(let failure): return fail(uri, failure.reason, failure.retryAfter, &condition)
            }

            func succeed(_ list: StatusList, _ freshness: Freshness, _ age: Int64) -> StatusListFailure? {
                condition.lists[uri]!.lastSuccess = now
                condition.lists[uri]!.lastError = nil
                let lifetime = lifetime(of: list, freshness, age: age)
                condition.lists[uri]!.schedule.succeeded(now: now, lifetime: lifetime, draw: draw)
                return nil
            }

            func fail(
                _ uri: String, _ reason: StatusListFailure, _ retryAfter: Duration?, _ condition: inout Condition
            ) -> StatusListFailure {
                condition.lists[uri]!.lastError = reason
                condition.lists[uri]!.schedule.failed(now: now, retryAfter: retryAfter, draw: draw)
                // What was confirmed is of no use: the next fetch asks for the whole.
                if reason == .fetch(.nothingToConfirm) || reason == .refused(.expired) {
                    condition.lists[uri]!.entityTag = nil
                }
                return reason
            }
        }
    }

    /// How long a list counts as fresh: by its `ttl`, else by the response, and never past its `exp` (§5.1, §8.1).
    private func lifetime(of list: StatusList, _ freshness: Freshness, age: Int64) -> Duration {
        let stated = list.timeToLive.map { Duration.seconds(min(max(0, $0 - age), 1 << 31)) } ?? freshness.maxAge
        let policy = rules.refresh.consistent
        guard let end = list.expiration else { return policy.lifetime(stated) }
        let (left, overflows) = end.subtractingReportingOverflow(wallClock.now)
        let remaining = Duration.seconds(overflows ? 1 << 31 : min(max(0, left), 1 << 31))
        return policy.lifetime(min(stated ?? policy.defaultLifetime, remaining))
    }
}
