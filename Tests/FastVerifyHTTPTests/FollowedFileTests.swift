// A file that grows, shrinks, is replaced, and is not always ours.
import FaultyKeyServer
import Foundation
import Testing

@testable import FastVerify
@testable import FastVerifyHTTP

@Suite struct FollowedFileTests {
    private let clock = ManualClock()
    private let wall = WallClock()
    private let path = FileManager.default.temporaryDirectory.path + "/fastverify-feed-\(UInt64.random(in: 0...(.max)))"
    private let set: RevocationSet

    init() { set = RevocationSet(capacity: 10_000, staleness: .failClosed(after: 60), clock: wall.unix) }

    private func feed(_ rules: RevocationFeedRules = .standard) -> RevocationFeed {
        .test(.file(path), into: set, ScriptedStream { _ in ScriptedStream.Answer() }, clock, wall, rules: rules)
    }

    /// Writes in place, as whoever appends does.
    private func append(_ text: String) throws {
        let file = try #require(fopen(path, "a"))
        #expect(fputs(text, file) >= 0 && fclose(file) == 0)
    }

    private func rewrite(_ text: String) throws {
        let file = try #require(fopen(path, "w"))
        #expect(fputs(text, file) >= 0 && fclose(file) == 0)
    }

    /// Puts another file in its place.
    private func replace(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) }

    private func lines(_ numbers: Range<Int>) -> String { numbers.map { Revocations.rule($0) + "\n" }.joined() }
    private var current: [String] { Revocations.rules(of: set) }
    private func expect(_ numbers: Range<Int>, _ place: SourceLocation = #_sourceLocation) {
        #expect(current == numbers.map(Revocations.rule).sorted(), sourceLocation: place)
    }

    @Test func growing() async throws {
        defer { unlink(path) }
        let feed = feed()
        let file = FollowedFile(path)
        await feed.connect(file)
        #expect(feed.state.lastError == .file(.absent) && !feed.isReady && set.isStale(at: wall.now))
        try append(lines(0..<3))
        await feed.connect(file)
        expect(0..<3)
        #expect(feed.isReady && set.freshness == wall.now && feed.state.events == 3)
        // Half a line waits for its other half.
        let line = Revocations.rule(3)
        try append(String(line.prefix(20)))
        await feed.connect(file)
        expect(0..<3)
        try append(line.dropFirst(20) + "\r\n\n" + lines(4..<6))
        wall.advance(by: 10)
        await feed.connect(file)
        expect(0..<6)
        #expect(feed.state.events == 6 && feed.state.refusedLines == 0 && set.freshness == wall.now)
        // It goes, and comes again.
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        await feed.connect(file)
        #expect(feed.state.lastError == .file(.absent) && feed.isReady)
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        wall.advance(by: 10)
        await feed.connect(file)
        #expect(feed.state.lastError == nil && feed.state.events == 6 && set.freshness == wall.now)
    }

    @Test func replacedOrCut() async throws {
        defer { unlink(path) }
        let feed = feed()
        let file = FollowedFile(path)
        try append(lines(0..<3))
        await feed.connect(file)
        try replace(lines(3..<9))
        await feed.connect(file)
        expect(0..<9)
        try rewrite(lines(9..<10))
        await feed.connect(file)
        expect(0..<10)
        // Cut short, and longer again before anybody has looked.
        try rewrite(lines(10..<14))
        await feed.connect(file)
        expect(0..<14)
        try rewrite("")
        await feed.connect(file)
        #expect(feed.isReady)
        // Half a line of the old file is none of the new one's.
        try append(String(Revocations.rule(14).prefix(10)))
        await feed.connect(file)
        try replace(lines(14..<16))
        await feed.connect(file)
        expect(0..<16)
        #expect(feed.state.refusedLines == 0)
    }

    /// Numbered, with a snapshot in front: as long as it is not whole, nothing is confirmed.
    @Test func snapshots() async throws {
        defer { unlink(path) }
        let feed = feed()
        let file = FollowedFile(path)
        let log = FeedLog("a", rules: (0..<4).map(Revocations.rule))
        try append(log.snapshot.dropLast().map { $0 + "\n" }.joined())
        await feed.connect(file)
        #expect(!feed.isReady && feed.state.lastError == .ended && set.isStale(at: wall.now))
        expect(0..<4)
        try append(log.snapshot.last! + "\n")
        await feed.connect(file)
        #expect(feed.isReady && feed.state.sequence == 4 && !set.isStale(at: wall.now))
        log.append([Revocations.rule(4), Revocations.rule(5)])
        try append(log.event(6) + "\n")
        await feed.connect(file)
        #expect(feed.state.lastError == .gap && !feed.isReady)
        // Nothing but another file, or another snapshot in this one, can mend that.
        try append(log.event(6) + "\n")
        await feed.connect(file)
        #expect(!feed.isReady && feed.state.lastError == .gap)
        try append(log.event(6) + "\n" + log.snapshot.map { $0 + "\n" }.joined())
        await feed.connect(file)
        #expect(feed.isReady && feed.state.lastError == nil)
        expect(0..<6)
    }

    /// A set that was full is filled from the file's beginning once there is room.
    @Test func fullSet() async throws {
        defer { unlink(path) }
        let elapsed = ElapsedClock { [wall] in wall.now }
        let small = RevocationSet(
            capacity: 3, staleness: .failClosed(after: 60), margin: 0, clock: wall.unix, elapsed: elapsed)
        let feed = RevocationFeed.test(
            .file(path), into: small, ScriptedStream { _ in ScriptedStream.Answer() }, clock, wall)
        let file = FollowedFile(path)
        let brief = (0..<2).map { #"{"iss":"\#(Issuer.name)","jti":"\#($0)","exp":\#(wall.now + 10)}"# + "\n" }.joined()
        try append(brief + lines(0..<2))
        await feed.connect(file)
        #expect(feed.state.lastError == .full && !feed.isReady && small.isStale(at: wall.now))
        await feed.connect(file)
        #expect(feed.state.lastError == .full)
        wall.advance(by: 11)
        await feed.connect(file)
        #expect(feed.isReady && feed.state.lastError == nil && small.statistics.count == 3)
    }

    /// Garbage and lines without end: counted, passed over, and what follows is read.
    @Test func garbage() async throws {
        defer { unlink(path) }
        let feed = feed()
        let file = FollowedFile(path)
        try append(lines(0..<1) + String(repeating: "x", count: 1 << 20) + "\n{}\n\u{1}\n" + lines(1..<2))
        await feed.connect(file)
        expect(0..<2)
        #expect(feed.state.refusedLines == 3 && feed.isReady)
    }

    /// Where only the writer's words count, that the file is there does not.
    @Test func statements() async throws {
        defer { unlink(path) }
        let feed = feed(RevocationFeedRules(confirmation: .statement))
        let file = FollowedFile(path)
        try append(lines(0..<2))
        await feed.connect(file)
        #expect(set.freshness == nil && feed.isReady)
        try append(#"{"fresh_at":\#(wall.now - 5)}"# + "\n")
        await feed.connect(file)
        #expect(set.freshness == wall.now - 5)
    }

    @Test func unsafeFiles() async throws {
        defer { unlink(path) }
        let feed = feed()
        let file = FollowedFile(path)
        try append(lines(0..<2))
        #expect(chmod(path, 0o622) == 0)
        await feed.connect(file)
        #expect(feed.state.lastError == .file(.unsafe) && current.isEmpty)
        #expect(unlink(path) == 0 && mkdir(path, 0o700) == 0)
        await feed.connect(file)
        #expect(feed.state.lastError == .file(.unsafe))
        #expect(rmdir(path) == 0 && symlink("/etc/hostname", path) == 0)
        await feed.connect(file)
        #expect(feed.state.lastError == .file(.unsafe) && !feed.isReady)
    }

    /// More than one piece at a time, cut anywhere.
    @Test func longFile() async throws {
        defer { unlink(path) }
        let feed = feed()
        let file = FollowedFile(path)
        try append(lines(0..<4000))
        await feed.connect(file)
        #expect(current.count == 4000 && feed.state.refusedLines == 0)
    }
}
