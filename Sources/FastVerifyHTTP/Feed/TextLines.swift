/// Cuts a stream of bytes into lines, ended by CRLF, LF or CR, as text/event-stream has them; JSON lines, too, which never
/// hold a raw CR. A byte order mark at the start is left out. Holds one line at most, of bounded length.
struct TextLines {
    enum Line {
        /// Without its end; valid during the call.
        case text(UnsafeRawBufferPointer)
        /// Longer than the limit; nothing of it was kept.
        case tooLong
    }

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    let limit: Int
    private var pending: [UInt8] = []
    private var isSkipping = false
    /// The last line ended in CR: a LF that follows belongs to it.
    private var isAfterReturn = false
    private var isFirst = true

    /// `limit`: bytes of a line.
    init(limit: Int) { self.limit = limit }

    /// Whether a line has begun that has not ended.
    var isInLine: Bool { isSkipping || !pending.isEmpty }

    /// Calls `body` with each line that these bytes complete. On its error the rest of the bytes is lost.
    mutating func take<E: Error>(_ bytes: UnsafeRawBufferPointer, _ body: (Line) throws(E) -> Void) throws(E) {
        var rest = bytes[...]
        while let first = rest.first {
            if isAfterReturn {
                isAfterReturn = false
                if first == UInt8(ascii: "\n") {
                    rest = rest.dropFirst()
                    continue
                }
            }
            let end = rest.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            append(UnsafeRawBufferPointer(rebasing: rest[..<(end ?? rest.endIndex)]))
            guard let end else { return }
            isAfterReturn = rest[end] == UInt8(ascii: "\r")
            rest = rest[(end + 1)...]
            try complete(body)
        }
    }

    private mutating func append(_ part: UnsafeRawBufferPointer) {
        guard !isSkipping else { return }
        guard pending.count + part.count <= limit + (isFirst ? Self.mark.count : 0) else {
            isSkipping = true
            pending.removeAll(keepingCapacity: true)
            return
        }
        pending += part
    }

    private mutating func complete<E: Error>(_ body: (Line) throws(E) -> Void) throws(E) {
        defer {
            isSkipping = false
            isFirst = false
            pending.removeAll(keepingCapacity: true)
        }
        let skipped = isFirst && pending.starts(with: Self.mark) ? Self.mark.count : 0
        guard !isSkipping, pending.count - skipped <= limit else { return try body(.tooLong) }
        try pending.span.bytes.withUnsafeBytes { bytes throws(E) in
            try body(.text(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(skipped))))
        }
    }
}
