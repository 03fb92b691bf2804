// What a replica makes of lines: what reaches the set, and when nothing is missing.
import FastVerify
import FaultyKeyServer
import Testing

@testable import FastVerifyHTTP

@Suite struct RevocationReplicaTests {
    private static func makeSet(capacity: Int = 1000) -> RevocationSet {
        RevocationSet(capacity: capacity, staleness: .failOpen, clock: .fixed(Issuer.now))
    }

    /// Lines taken in one by one; the last news, or the error.
    private func take(_ replica: inout RevocationReplica, _ lines: [String]) -> Result<
        RevocationReplica.News, FeedError
    > {
        var news = RevocationReplica.News.none
        for line in lines {
            do throws(FeedError) {
                news = try Array(line.utf8).span.bytes.withUnsafeBytes { line throws(FeedError) in
                    try replica.take(line)
                }
            } catch {
                return .failure(error)
            }
        }
        return .success(news)
    }

    private static func rule(_ number: Int) -> String { Revocations.rule(number) }

    @Test func snapshotThenEvents() {
        let log = FeedLog("a", rules: (0..<3).map(Self.rule))
        let set = Self.makeSet()
        var replica = RevocationReplica(set, snapshotRules: 100)
        #expect(take(&replica, log.snapshot) == .success(.snapshot(statedAt: nil)))
        #expect(
            replica.isCurrent && replica.position?.text == "a:3" && Revocations.rules(of: set) == log.rules.sorted())
        log.append([Self.rule(3), Self.rule(4)])
        #expect(take(&replica, [log.event(4), log.event(5)]) == .success(.none))
        #expect(take(&replica, [log.heartbeat]) == .success(.heartbeat(statedAt: nil)))
        #expect(take(&replica, [#"{"seq":5,"log":"a","fresh_at":77}"#]) == .success(.heartbeat(statedAt: 77)))
        #expect(take(&replica, [#"{"seq":4,"fresh_at":99}"#]) == .success(.none), "overtaken")
        #expect(Revocations.rules(of: set) == log.rules.sorted() && replica.counts.events == 2)
        // Again: known numbers are passed over.
        #expect(take(&replica, (1...5).map(log.event)) == .success(.none))
        #expect(replica.counts.duplicates == 5 && replica.counts.events == 2 && replica.position?.sequence == 5)
    }

    static let broken: [([String], FeedError)] = [
        // Before any snapshot
        ([#"{"seq":1,"iss":"i","sub":"s","not_before":1}"#], .noSnapshot),
        ([#"{"rules":0}"#], .incompleteSnapshot), (["garbage"], .noSnapshot),
        ([#"{"fastverify_revocations":2}"#], .unknownSnapshot),
        // In it
        ([#"{"fastverify_revocations":1,"seq":0}"#, #"{"rules":1}"#], .incompleteSnapshot),
        ([#"{"fastverify_revocations":1,"seq":0}"#, rule(0), rule(1), #"{"rules":1}"#], .incompleteSnapshot),
        ([#"{"fastverify_revocations":1}"#] + (0...5).map(rule), .snapshotTooLarge),
        // After it
        (empty + [#"{"seq":7,"iss":"i","sub":"s","not_before":1}"#], .gap), (empty + [#"{"seq":6}"#], .gap),
        (empty + [#"{"seq":6,"log":"b","iss":"i","sub":"s","not_before":1}"#], .gap),
        (empty + [#"{"seq":5,"log":"b"}"#], .gap), (empty + [#"{"seq":9223372036854775807}"#], .gap),
        (empty + [#"{"seq":7,"iss":1}"#], .gap),
    ]

    private static let empty = [#"{"fastverify_revocations":1,"log":"a","seq":5}"#, #"{"rules":0}"#]

    @Test(arguments: broken.indices) func errors(_ row: Int) {
        let (lines, error) = Self.broken[row]
        let set = Self.makeSet()
        var replica = RevocationReplica(set, snapshotRules: 5)
        #expect(take(&replica, lines) == .failure(error))
        #expect(!replica.isCurrent && replica.position == nil)
        // What came is in force all the same, and a snapshot repairs everything.
        let rules = lines.filter { $0.contains("\"sub\"") }
        #expect(Revocations.rules(of: set).count == rules.count)
        #expect(take(&replica, Self.empty) == .success(.snapshot(statedAt: nil)) && replica.isCurrent)
    }

    /// What is not understood is passed over, with its number.
    @Test func refusedLines() {
        let set = Self.makeSet()
        var replica = RevocationReplica(set, snapshotRules: 100)
        let long = String(repeating: "x", count: 3000)
        let lines = [
            "", "x", "[]", "{}", #"{"iss":1,"seq":6}"#, #"{"seq":7,"iss":"i","sub":"\#(long)","not_before":1}"#,
            #"{"seq":8,"iss":"i","sub":"s"}"#, #"{"seq":"9"}"#, #"{"seq":-1}"#, #"{"seq":1.5}"#,
            #"{"log":"","seq":8}"#, #"{"log":"a b","seq":8}"#, #"{"log":1,"seq":8}"#, #"{"rules":-1}"#,
            #"{"log":"\#(String(repeating: "a", count: 65))","seq":8}"#,
        ]
        #expect(take(&replica, Self.empty + lines) == .success(.none))
        #expect(replica.counts.refusedLines == UInt64(lines.count) && replica.position?.sequence == 8)
        #expect(replica.isCurrent && Revocations.rules(of: set).isEmpty)
        // In a snapshot they count as the rules they stand for.
        let snapshot = [#"{"fastverify_revocations":1}"#, Self.rule(1), "garbage", #"{"rules":2}"#]
        #expect(take(&replica, snapshot) == .success(.snapshot(statedAt: nil)) && replica.position == nil)
    }

    @Test func fullSet() {
        let set = Self.makeSet(capacity: 3)
        var replica = RevocationReplica(set, snapshotRules: 100)
        let log = FeedLog("a", rules: (0..<2).map(Self.rule))
        #expect(take(&replica, log.snapshot) == .success(.snapshot(statedAt: nil)))
        log.append([Self.rule(2)])
        #expect(take(&replica, [log.event(3)]) == .failure(.full) && !replica.isCurrent)
    }

    /// The text of a set is a snapshot of a feed without numbers.
    @Test func snapshotsOfSets() throws {
        let source = Self.makeSet()
        for number in 0..<5 { try source.apply(RevocationEvent(json: Array(Self.rule(number).utf8))) }
        source.markFresh(at: 1234)
        let set = Self.makeSet()
        var replica = RevocationReplica(set, snapshotRules: 100)
        let lines = String(decoding: source.snapshot(), as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(take(&replica, lines) == .success(.snapshot(statedAt: 1234)) && replica.position == nil)
        #expect(Revocations.rules(of: set) == Revocations.rules(of: source))
        // Events without numbers follow one another as they come.
        #expect(take(&replica, [Self.rule(7), #"{"fresh_at":1300}"#]) == .success(.heartbeat(statedAt: 1300)))
        #expect(take(&replica, [Self.rule(8).dropLast() + #","fresh_at":9}"#]) == .success(.heartbeat(statedAt: 9)))
    }

    /// Deliveries that lose, repeat and swap events at random: as long as the replica calls itself current, the set is the log
    /// up to its position; whenever something is lost, it says so at the next event or heartbeat.
    @Test func randomDeliveries() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let log = FeedLog("a", rules: (0..<Int.random(in: 0...5, using: &random)).map(Self.rule))
            let set = Self.makeSet()
            var replica = RevocationReplica(set, snapshotRules: 100)
            _ = take(&replica, log.snapshot)
            for _ in 0..<30 {
                let first = log.count + 1
                log.append((0..<Int.random(in: 0...4, using: &random)).map { Self.rule(first + $0) })
                var batch = first <= log.count ? (first...log.count).map(log.event) : []
                if let event = batch.randomElement(), Int.random(in: 0..<4) == 0 { batch.append(event) }
                if !batch.isEmpty, Int.random(in: 0..<4) == 0 { batch.remove(at: Int.random(in: 0..<batch.count)) }
                if Int.random(in: 0..<4) == 0 { batch.shuffle() }
                if case .failure(let error) = take(&replica, batch + [log.heartbeat]) {
                    #expect(error == .gap || error == .noSnapshot)
                    #expect(Set(Revocations.rules(of: set)).isSubset(of: log.rules))
                    _ = take(&replica, log.snapshot)
                }
                #expect(replica.isCurrent && replica.position?.sequence == Int64(log.count))
                #expect(Revocations.rules(of: set) == log.rules.sorted())
            }
        }
    }
}
