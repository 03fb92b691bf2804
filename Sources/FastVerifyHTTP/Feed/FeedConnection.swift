internal import FastVerify
internal import Synchronization

/// One connection of a feed over HTTP.
extension RevocationFeed {
    typealias Ending = Result<Duration, FeedFailure>

    // MARK: Server-sent events

    func followEvents(_ url: EndpointURL) async -> Ending {
        var headers = await commonHeaders()
        let start = wallClock.now
        if let id = condition.withLock({ $0.lastEventID }) { headers.append(("last-event-id", id)) }
        // A line is a name and a value.
        var parser = EventStreamParser(
            lineLimit: RevocationFeedReader.longestLine + 16, dataLimit: rules.eventBytes)
        return await exchange(url, ["text/event-stream"], headers, isResumed: headers.last?.name == "last-event-id") {
            bytes throws(FeedError) in
            try bytes.span.bytes.withUnsafeBytes { bytes throws(FeedError) in
                try parser.take(bytes) { item throws(FeedError) in try self.take(item, snapshotAt: start) }
            }
        } ended: { head in
            // 204 tells a browser to stay away (§9.2.3); whoever depends on revocations asks again, later and later.
            head.status == 200 ? self.ending() : .failure(FeedFailure(.fetch(.status(head.status))))
        }
    }

    private func take(_ item: EventStreamParser.Item, snapshotAt start: Int64) throws(FeedError) {
        switch item {
        case .retry(let milliseconds):
            condition.withLock { $0.schedule.suggested(.milliseconds(milliseconds)) }
            return
        case .comment(let isInEvent):
            // An event that never ends is no sign of life, whatever stands between its lines.
            guard !isInEvent else { return }
            confirm(stated: nil, contact: wallClock.now)
        case .oversized(let id):
            try take(nil, Contact())
            resume(at: id)
        case .event(let type, let data, let id):
            if type.isEmpty || type.elementsEqual("message".utf8) || type.elementsEqual("revocation".utf8) {
                let contact = Contact(snapshot: start, heartbeat: wallClock.now)
                var rest = data[...]
                while !rest.isEmpty {
                    let line = rest.prefix { $0 != UInt8(ascii: "\n") }
                    rest = rest[min(line.endIndex + 1, rest.endIndex)...]
                    try take(UnsafeRawBufferPointer(rebasing: line), contact)
                }
            }
            resume(at: id)
        }
        noteActivity()
    }

    /// The stream may be taken up again after the event with this `id`, as far as the replica could do so.
    private func resume(at id: [UInt8]) {
        guard id.count <= 256, id.allSatisfy({ 0x20...0x7E ~= $0 }) else { return }
        condition.withLock { condition in
            if condition.replica.isCurrent, condition.replica.position != nil, !id.isEmpty {
                condition.lastEventID = String(decoding: id, as: UTF8.self)
            }
        }
    }

    func noteActivity() {
        let now = clock.now
        condition.withLock { $0.lastActivity = now }
    }

    // MARK: Long polls

    func poll(_ url: EndpointURL) async -> Ending {
        var headers = await commonHeaders()
        let start = wallClock.now
        let (since, known, before) = condition.withLock {
            ($0.replica.position?.text, $0.entityTag, $0.replica.counts)
        }
        let target = since.map { url.adding(query: "since=\($0)") } ?? url
        var isKnown = since != nil
        if let known, known.url == target {
            headers.append(("if-none-match", known.tag))
            isKnown = true
        }
        if isKnown { headers.append(("prefer", "wait=\(rules.wait.components.seconds)")) }
        var lines = TextLines(limit: RevocationFeedReader.longestLine)
        // What a cache delivers was said when the cache was told.
        var age: Int64 = 0
        return await exchange(target, Self.lineTypes, headers, isResumed: since != nil) { head in
            age = head.value("age").flatMap { Freshness.seconds($0.trimming(" \t")) } ?? 0
            self.noteActivity()
        } body: { bytes throws(FeedError) in
            let contact = Contact(snapshot: start - age, heartbeat: start - age)
            try bytes.span.bytes.withUnsafeBytes { bytes throws(FeedError) in
                try lines.take(bytes) { line throws(FeedError) in
                    try self.take(line.text, contact)
                    self.noteActivity()
                }
            }
        } ended: { head in
            guard !lines.isInLine else { return .failure(FeedFailure(.ended)) }
            guard head.status == 200 || isKnown else { return .failure(FeedFailure(.fetch(.status(head.status)))) }
            let hasNews = self.condition.withLock { condition in
                if head.status == 200 {
                    let tag = condition.replica.position == nil ? head.value("etag") : nil
                    condition.entityTag = tag.flatMap(KeySetFetch.entityTag).map { (target, $0) }
                }
                let counts = condition.replica.counts
                return counts.events != before.events || counts.snapshots != before.snapshots
            }
            self.confirm(stated: nil, contact: start - age)
            let ending = self.ending()
            return hasNews ? ending : ending.map { _ in self.rules.wait }
        }
    }

    private static let lineTypes: Set<String> = ["application/jsonl", "application/x-ndjson", "application/json"]

    // MARK: Exchanges

    private func commonHeaders() async -> [(name: String, value: String)] {
        let value = await authorization?()
        return [("cache-control", "no-cache")] + (value.map { [("authorization", $0)] } ?? [])
    }

    /// Sends a request and hands over what comes. `isResumed`: the answer may go on where we are.
    private func exchange(
        _ url: EndpointURL, _ types: Set<String>, _ headers: [(name: String, value: String)], isResumed: Bool,
        head hear: (KeyResponse) -> Void = { _ in }, body receive: ([UInt8]) throws(FeedError) -> Void,
        ended: (KeyResponse) -> Ending
    ) async -> Ending {
        var failure: FeedError?
        do throws(DocumentFetch.Failure) {
            let head = try await fetch.get(url, types, headers) { head in
                // Without numbers, what comes is a snapshot or nothing.
                if head.status == 200, !isResumed { condition.withLock { $0.replica.restart() } }
                hear(head)
            } body: { bytes throws(FetchError) in
                do throws(FeedError) {
                    try receive(bytes)
                } catch {
                    failure = error
                }
                return failure == nil
            }
            if let failure { return .failure(FeedFailure(failure)) }
            return ended(head)
        } catch {
            return self.failure(error, isResumed: isResumed)
        }
    }

    private func failure(_ failure: DocumentFetch.Failure, isResumed: Bool) -> Ending {
        if failure.reason == .status(410), isResumed {
            condition.withLock {
                $0.replica.restart()
                $0.isCurrent = false
            }
            return .failure(FeedFailure(.unknownPosition, retryAfter: failure.retryAfter))
        }
        return .failure(FeedFailure(.fetch(failure.reason), retryAfter: failure.retryAfter))
    }

    /// A connection that has ended as it should, if a snapshot is whole.
    func ending() -> Ending {
        condition.withLock { $0.replica.isCurrent } ? .success(.zero) : .failure(FeedFailure(.ended))
    }
}

extension TextLines.Line {
    /// `nil` for one that was too long.
    var text: UnsafeRawBufferPointer? { if case .text(let text) = self { text } else { nil } }
}

extension EndpointURL {
    fileprivate func adding(query: String) -> EndpointURL {
        replacing(target: target + (target.contains("?") ? "&" : "?") + query)
    }
}
