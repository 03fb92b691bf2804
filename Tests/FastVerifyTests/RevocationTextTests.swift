// Events and snapshots as text: what is read back is what was written, and hostile text is an error.
import Foundation
import Testing

@testable import FastVerify

@Suite struct RevocationTextTests {
    private static let events: [RevocationEvent] = [
        RevocationEvent(issuer: "https://id.example", .token(id: "a"), expiration: 5),
        RevocationEvent(issuer: "https://id.example", .subject("alice \"é\"\\\u{1}", issuedBefore: 5), expiration: 9),
        RevocationEvent(issuer: "", .session("", issuedBefore: -5), expiration: nil),
        RevocationEvent(issuer: "i", .tenant("42", issuedBefore: 0), expiration: nil),
        RevocationEvent(issuer: "i", .key("k", issuedBefore: .max), expiration: -1),
        RevocationEvent(issuer: "i", .everything(issuedBefore: .min + 1), expiration: nil),
    ]

    private func set(capacity: Int = 100_000) -> RevocationSet {
        RevocationSet(capacity: capacity, staleness: .failClosed(after: 60), clock: .fixed(-1000))
    }

    @Test func eventsAsText() throws {
        for event in Self.events { #expect(try RevocationEvent(json: Array(event.json.utf8)) == event) }
        #expect(Self.events[0].json == #"{"iss":"https://id.example","jti":"a","exp":5}"#)
        let subject = #"{"extra":[1],"not_before":1.8e1,"iss":"\u0069","sub":"b"}"#
        let expected = RevocationEvent(issuer: "i", .subject("b", issuedBefore: 18), expiration: nil)
        #expect(try RevocationEvent(json: Array(subject.utf8)) == expected)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"iss":"i"}"#, #"{"iss":"i","jti":"a"}"#, #"{"jti":"a","exp":5}"#,
        #"{"iss":1,"jti":"a","exp":5}"#, #"{"iss":"i","jti":1,"exp":5}"#, #"{"iss":"i","jti":"a","exp":"5"}"#,
        #"{"iss":"i","jti":"a","exp":5,"not_before":4}"#, #"{"iss":"i","sub":"a"}"#, #"{"iss":"i","sub":"a","exp":5}"#,
        #"{"iss":"i","sub":"a","sid":"b","not_before":5}"#, #"{"iss":"i","sub":"a","jti":"b","exp":5}"#,
        #"{"iss":"i","sub":null,"not_before":5}"#, #"{"iss":"i","not_before":1e30}"#,
        #"{"iss":"i","not_before":-9223372036854775808}"#, #"{"iss":"i","iss":"j","not_before":5}"#,
        #"{"iss":"i","not_before":5} x"#, #"{"iss":"\ud800","not_before":5}"#,
        #"{"iss":"i","jti":"a","exp":null}"#,
    ]) func notEvents(_ text: String) {
        #expect(throws: RevocationError.malformedEvent) { try RevocationEvent(json: Array(text.utf8)) }
        #expect(throws: RevocationLineError(line: 2, reason: .malformedEvent)) {
            if text.isEmpty { throw RevocationLineError(line: 2, reason: .malformedEvent) }
            return try set().apply(lines: Array(("\n" + text + "\n").utf8))
        }
    }

    @Test func linesOfEvents() throws {
        let set = set()
        let text = "\n" + Self.events.map { $0.json + "\r\n" }.joined() + "  \n" + Self.events[0].json
        #expect(try set.apply(lines: Array(text.utf8)) == 7)
        // Six rules, and two issuers that have no rule of their own.
        #expect(set.statistics.count == 8 && set.epoch == 6)
        let long = #"{"iss":"i","not_before":5,"x":"\#(String(repeating: "x", count: 40_000))"}"#
        #expect(throws: RevocationLineError(line: 1, reason: .malformedEvent)) {
            try set.apply(lines: Array(long.utf8))
        }
        #expect(throws: RevocationLineError(line: 3, reason: .full)) {
            try self.set(capacity: 3).apply(lines: Array(Self.events.map { $0.json + "\n" }.joined().utf8))
        }
    }

    @Test func snapshots() throws {
        let set = set()
        #expect(String(decoding: set.snapshot(), as: UTF8.self) == "{\"fastverify_revocations\":1}\n{\"rules\":0}\n")
        for event in Self.events { try set.apply(event) }
        for number in 0..<3000 {
            let issuer = "https://id-\(number % 3).example"
            try set.apply(RevocationEvent(issuer: issuer, .token(id: "id-\(number)"), expiration: Int64(number)))
        }
        set.markFresh(at: -1010)
        let text = set.snapshot()
        let copy = self.set()
        try copy.restore(text)
        #expect(copy.statistics.count == set.statistics.count && copy.freshness == -1010)
        func sorted(_ text: [UInt8]) -> [String] {
            String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
        }
        #expect(sorted(copy.snapshot()) == sorted(text))
        // Pieces are small, and together they are the whole.
        var pieces: [[UInt8]] = []
        set.writeSnapshot { pieces.append($0) }
        #expect(pieces.count > 10 && Array(pieces.joined()) == text)
    }

    @Test func brokenSnapshots() throws {
        let set = set()
        for event in Self.events { try set.apply(event) }
        set.markFresh(at: -1000)
        let text = set.snapshot()
        // Cut anywhere, it is no snapshot and makes nothing fresh.
        for count in 0..<text.count - 1 {
            let copy = self.set()
            #expect(throws: RevocationLineError.self) { try copy.restore(Array(text[..<count])) }
            #expect(copy.freshness == nil)
        }
        try self.set().restore(Array(text.dropLast()))
        func reason(_ text: String) -> RevocationError? {
            do throws(RevocationLineError) {
                try self.set().restore(Array(text.utf8))
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(reason("{\"fastverify_revocations\":2}\n{\"rules\":0}\n") == .unknownSnapshot)
        #expect(reason("{\"rules\":0}\n") == .unknownSnapshot && reason("x") == .unknownSnapshot)
        #expect(reason("{\"fastverify_revocations\":1}\n{\"rules\":1}\n") == .incompleteSnapshot)
        #expect(reason("{\"fastverify_revocations\":1}\n{\"rules\":0}\n{\"rules\":0}") == .incompleteSnapshot)
        #expect(reason("{\"fastverify_revocations\":1}\n{}\n{\"rules\":0}") == .malformedEvent)
    }

    /// Random damage is an error or a change of what is said, never a trap.
    @Test func damagedSnapshots() throws {
        var random = SystemRandomNumberGenerator()
        let set = set()
        for event in Self.events { try set.apply(event) }
        let text = set.snapshot()
        var errors = 0
        for _ in 0..<3000 {
            var damaged = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged[place] = .random(in: 0...255, using: &random)
                case 1: damaged.remove(at: place)
                default: damaged.insert(.random(in: 0...255, using: &random), at: place)
                }
            }
            let copy = self.set(capacity: 8)
            do { try copy.restore(damaged) } catch { errors += 1 }
            #expect(copy.statistics.count <= 8)
        }
        #expect(errors > 1000)
    }
}
