// text/event-stream as the WHATWG has it, in whatever pieces it comes.
import Testing

@testable import FastVerifyHTTP

@Suite struct EventStreamParserTests {
    private struct Broken: Error {}

    /// What the items of a stream say, a line each.
    private func items(
        _ pieces: [[UInt8]], lineLimit: Int = 1 << 16, dataLimit: Int = 1 << 16
    ) -> [String] {
        var parser = EventStreamParser(lineLimit: lineLimit, dataLimit: dataLimit)
        var items: [String] = []
        for piece in pieces {
            piece.withUnsafeBytes { bytes in
                parser.take(bytes) { item in
                    switch item {
                    case .comment(let isInEvent): items.append(isInEvent ? "comment in event" : "comment")
                    case .event(let type, let data, let id):
                        let texts = [type, Array(data), id].map { String(decoding: $0, as: UTF8.self) }
                        items.append("event \(texts[0])|\(texts[1])|\(texts[2])")
                    case .oversized(let id): items.append("oversized \(String(decoding: id, as: UTF8.self))")
                    case .retry(let time): items.append("retry \(time)")
                    }
                }
            }
        }
        return items
    }

    static let examples: [(String, [String])] = [
        // The examples of the specification.
        ("data: YHOO\ndata: +2\ndata: 10\n\n", ["event |YHOO\n+2\n10|"]),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            ["comment", "comment", "event |first event|1", "event |second event|", "event | third event|"]
        ),
        // One data line without a value gives an empty event; two give one line feed; the last is not complete.
        ("data\n\ndata\ndata\n\ndata:", ["event ||", "event |\n|"]),
        ("data:test\n\ndata: test\n\n", ["event |test|", "event |test|"]),
        // Ends of lines.
        ("data: a\rdata: b\r\ndata: c\n\r\n", ["event |a\nb\nc|"]),
        ("data: a\r\rdata: b\r\r", ["event |a|", "event |b|"]),
        ("data: a\r\n\r\ndata: b\r\n\r\n", ["event |a|", "event |b|"]),
        ("\r\n\r\n", ["comment", "comment"]),
        // Fields.
        ("event: add\ndata: 1\n\ndata: 2\n\n", ["event add|1|", "event |2|"]),
        ("id: 7\n\ndata: x\n\n", ["comment", "event |x|7"]),
        ("id: a\u{0}b\ndata: x\n\n", ["event |x|"]),
        ("retry: 10\nretry: -1\nretry: 1s\nretry:\nretry: 99999999999999999999\n", ["retry 10", "retry 86400000"]),
        ("other: x\nDATA: x\n data: x\ndata : x\n\n", ["comment"]),
        ("data: a: b\n:c\n\n", ["comment in event", "event |a: b|"]),
        ("event: only\n\ndata: x\n\n", ["comment", "event |x|"]),
        // Marks.
        ("\u{FEFF}data: x\n\n", ["event |x|"]), ("\u{FEFF}\u{FEFF}data: x\n\n", ["comment"]),
        ("\n\u{FEFF}data: x\n\n", ["comment", "comment"]),
        ("", []), ("data: x", []), ("data: x\n", []), ("data: x\n:", []),
    ]

    @Test(arguments: examples.indices) func streams(_ row: Int) {
        let (text, expected) = Self.examples[row]
        let bytes = Array(text.utf8)
        #expect(items([bytes]) == expected)
        #expect(items(bytes.map { [$0] }) == expected)
        // Cut in two, and with nothing in between.
        for cut in bytes.indices { #expect(items([Array(bytes[..<cut]), [], Array(bytes[cut...])]) == expected) }
    }

    /// However a stream is cut up, it says the same, and what is too long is left out alone.
    @Test func limits() {
        let long = String(repeating: "x", count: 30)
        #expect(
            items([Array("id: 3\ndata: \(long)\ndata: y\n\ndata: z\n\n".utf8)], lineLimit: 20)
                == ["oversized 3", "event |z|3"])
        #expect(
            items([Array("data: 12345\ndata: 123\n\ndata: 1234567\n\n".utf8)], dataLimit: 9)
                == ["oversized ", "event |1234567|"])
        // A comment is a line, too.
        #expect(items([Array(":\(long)\n\n:\n\n".utf8)], lineLimit: 20) == ["oversized ", "comment", "comment"])
        let exact = Array("data: 1234567890\n\n".utf8)
        #expect(items([exact], lineLimit: 16) == ["event |1234567890|"])
        #expect(items(exact.map { [$0] }, lineLimit: 15) == ["oversized "])
    }

    @Test func errorsComeThrough() {
        var parser = EventStreamParser(lineLimit: 100, dataLimit: 100)
        #expect(throws: Broken.self) {
            try Array("data: x\n\n".utf8).withUnsafeBytes { try parser.take($0) { _ in throw Broken() } }
        }
    }

    /// Lines of the JSON feeds: the same ends, and nothing is a field.
    @Test func lines() {
        var lines = TextLines(limit: 5)
        var seen: [String] = []
        for piece in ["a\nbb\r", "\nccccc", "\n", "dddddd\n", "e"] {
            Array(piece.utf8).withUnsafeBytes { bytes in
                lines.take(bytes) { line in
                    seen.append(line.text.map { String(decoding: $0, as: UTF8.self) } ?? "too long")
                }
            }
        }
        #expect(seen == ["a", "bb", "ccccc", "too long"] && lines.isInLine)
    }
}
