internal import FastVerify
internal import NIOPosix
internal import Synchronization
internal import Tracing

/// What a fetch does to the keys in force.
extension RemoteJWKSet {
    /// One fetch from beginning to end, within its total time. The schedule has begun it already.
    func perform(_ cause: RefreshSchedule.Cause) async {
        await withSpan("fastverify.jwks.fetch", ofKind: .client) { span in
            span.attributes["server.address"] = fetch.location.endpoint.host
            span.attributes["fastverify.cause"] = cause.rawValue
            let result = await answerInTime(cause)
            let outcome = settle(result)
            span.attributes["fastverify.outcome"] = outcome.name
            if case .failed = outcome { span.setStatus(.init(code: .error)) }
            recorder.ended(outcome, cause, keys: condition.withLock { $0.keys.count })
            await keepSnapshot(outcome)
        }
        signal.raise()
        wakeAll()
    }

    private typealias FetchResult = Result<KeySetFetch.Answer, KeySetFetch.Failure>

    private func answerInTime(_ cause: RefreshSchedule.Cause) async -> FetchResult {
        let end = clock.now + fetch.rules.limits.totalTime
        return await withTaskGroup(of: FetchResult.self) { group in
            group.addTask { await self.answer(cause) }
            group.addTask {
                await self.clock.sleep(until: end)
                return .failure(KeySetFetch.Failure(reason: Task.isCancelled ? .cancelled : .timedOut))
            }
            let first = await group.next()!
            group.cancelAll()
            return first
        }
    }

    private func answer(_ cause: RefreshSchedule.Cause) async -> FetchResult {
        do throws(KeySetFetch.Failure) {
            let url = try await keysURL()
            let tag = condition.withLock { $0.known.entityTag }
            let isSuspicious = cause == .unknownKey || cause == .demand
            return .success(try await fetch.keys(at: url, entityTag: tag, isSuspicious: isSuspicious))
        } catch {
            return .failure(error)
        }
    }

    /// Metadata are asked again when they are old or the last fetch failed: the keys may have moved. While the issuer does
    /// not serve them, what they last said is good for as long as keys are.
    private func keysURL() async throws(KeySetFetch.Failure) -> EndpointURL {
        let (known, failures, policy) = condition.withLock { ($0.known, $0.schedule.failures, $0.schedule.policy) }
        let age = clock.now - known.keysURLTime
        if let url = known.keysURL, failures == 0, age < policy.maximumLifetime { return url }
        do throws(KeySetFetch.Failure) {
            let url = try await fetch.discover()
            condition.withLock {
                // Another URL's tags mean nothing to this one.
                if $0.known.keysURL != nil, $0.known.keysURL != url { $0.known.entityTag = nil }
                $0.known.keysURL = url
                $0.known.keysURLTime = clock.now
            }
            return url
        } catch {
            guard let url = known.keysURL, age < policy.maximumLifetime + policy.staleLimit else { throw error }
            return url
        }
    }

    /// Puts the answer in force and tells the schedule.
    private func settle(_ result: FetchResult) -> FetchOutcome {
        let draw = Double.random(in: 0...1)
        if case .success(.keys(let imported, _)) = result {
            for key in imported.keys { key.keyID.map(missing.forget) }
        }
        return condition.withLock { condition in
            let now = clock.now
            defer { condition.endedFetches += 1 }
            switch result {
            case .success(.keys(let imported, let freshness)):
                let isNew = condition.origin == nil || condition.keys != imported.keys
                if isNew { source.replace(with: imported.keySet) }
                condition.keys = imported.keys
                condition.skipped = imported.skipped
                condition.body = snapshotPath == nil ? [] : imported.body
                condition.known.entityTag = imported.entityTag
                condition.succeed(freshness, now, wallClock.now, draw)
                return isNew ? .replaced : .same
            case .success(.unchanged(let freshness)) where condition.origin != nil:
                let lifetime = freshness.maxAge ?? condition.freshness.maxAge
                let isStorable = freshness.isStorable && condition.freshness.isStorable
                condition.succeed(Freshness(maxAge: lifetime, isStorable: isStorable), now, wallClock.now, draw)
                return .confirmed
            case .success(.unchanged):
                // The keys have been dropped while the server was confirming them.
                return condition.fail(.nothingToConfirm, nil, now, draw)
            case .failure(let failure):
                return condition.fail(failure.reason, failure.retryAfter, now, draw)
            }
        }
    }

    // MARK: Snapshot

    /// Puts the keys of the snapshot in force if they are this issuer's and young enough. They are confirmed or replaced by
    /// the first fetch, which is due anyway.
    func restoreSnapshot() async {
        guard let path = snapshotPath, condition.withLock({ $0.origin == nil }) else { return }
        let limits = fetch.rules.limits
        let result = try? await NIOThreadPool.singleton.runIfActive {
            Result { () throws(KeySnapshot.Failure) in try KeySnapshot.read(path, limit: limits.bodyBytes) }
        }
        switch result {
        case .success(let snapshot): restore(snapshot)
        case .failure(let failure): recorder.snapshotRefused(failure.rawValue)
        case nil: break
        }
    }

    private func restore(_ snapshot: KeySnapshot) {
        guard snapshot.source == fetch.location.name else { return recorder.snapshotRefused("other_source") }
        guard let remaining = snapshot.remaining(at: wallClock.now) else { return recorder.snapshotRefused("too_old") }
        guard
            let imported = try? ImportedKeys(
                snapshot.keys, entityTag: snapshot.entityTag, limits: fetch.rules.limits)
        else { return recorder.snapshotRefused("malformed_keys") }
        let now = clock.now
        condition.withLock {
            $0.schedule.restored(now: now, remaining: remaining)
            guard $0.schedule.isValid(at: now) else { return }
            source.replace(with: imported.keySet)
            $0.origin = .snapshot
            $0.keys = imported.keys
            $0.skipped = imported.skipped
            $0.body = imported.body
            // The metadata are asked before the first fetch; while they cannot be had, the keys are where they were. A tag
            // without its URL confirms nothing.
            if let url = snapshot.url.flatMap(EndpointURL.init), fetch.rules.allowsScheme(of: url) {
                $0.known.entityTag = snapshot.entityTag.flatMap(KeySetFetch.entityTag)
                $0.known.keysURL = url
                $0.known.keysURLTime = now - $0.schedule.policy.maximumLifetime
            }
            $0.lastSuccess = now - .seconds(max(0, wallClock.now - snapshot.time))
            $0.lastSuccessTime = snapshot.time
        }
        recorder.snapshotRestored(keys: imported.keys.count)
        wakeAll()
    }

    /// Writes what has just been sent or confirmed; takes away what must not be kept.
    private func keepSnapshot(_ outcome: FetchOutcome) async {
        guard let path = snapshotPath, !outcome.isFailure else { return }
        let snapshot: KeySnapshot? = condition.withLock {
            guard $0.freshness.isStorable, let time = $0.lastSuccessTime, let limit = $0.schedule.validUntil
            else { return nil }
            let lifetime = (limit - clock.now).components.seconds
            return KeySnapshot(
                source: fetch.location.name, time: time, lifetime: lifetime, entityTag: $0.known.entityTag,
                url: $0.known.keysURL?.text, keys: $0.body)
        }
        let failure = try? await NIOThreadPool.singleton.runIfActive { () -> KeySnapshot.Failure? in
            guard let snapshot else {
                KeySnapshot.remove(path)
                return nil
            }
            do throws(KeySnapshot.Failure) { try snapshot.write(path) } catch { return error }
            return nil
        }
        if let failure = failure ?? nil { recorder.snapshotNotKept(failure) }
    }
}

extension RemoteJWKSet.Condition {
    fileprivate mutating func succeed(_ freshness: Freshness, _ now: Duration, _ time: Int64, _ draw: Double) {
        self.freshness = freshness
        origin = .network
        lastSuccess = now
        lastSuccessTime = time
        lastError = nil
        schedule.succeeded(now: now, lifetime: schedule.policy.lifetime(freshness.maxAge), draw: draw)
    }

    fileprivate mutating func fail(
        _ reason: FetchError, _ retryAfter: Duration?, _ now: Duration, _ draw: Double
    ) -> FetchOutcome {
        lastError = reason
        schedule.failed(now: now, retryAfter: retryAfter, draw: draw)
        // The server confirms what it does not have: the next fetch asks for the whole.
        if reason == .nothingToConfirm { known.entityTag = nil }
        return .failed(reason)
    }
}
