/// Parses text/event-stream (WHATWG HTML, "Server-sent events" §9.2.6). What is not complete when the stream ends is
/// never dispatched. Holds one event at most, of bounded size.
struct EventStreamParser {
    enum Item {
        /// A line that begins with a colon, or a blank line without an event; `isInEvent` where it stands amid the fields
        /// of an event.
        case comment(isInEvent: Bool)
        /// `type` is empty where the stream names none; lines of `data` are joined by LF. Valid during the call.
        case event(type: [UInt8], data: UnsafeRawBufferPointer, id: [UInt8])
        /// An event with a line or data beyond the limit, at its end; nothing of it was kept.
        case oversized(id: [UInt8])
        /// The pause before connecting again, in milliseconds.
        case retry(Int64)
    }

    private static let colon = UInt8(ascii: ":")

    private var lines: TextLines
    private let dataLimit: Int
    private var type: [UInt8] = []
    private var data: [UInt8] = []
    /// Outlives the event that brought it.
    private var id: [UInt8] = []
    private var hasFields = false
    private var isOversized = false

    /// Bytes of a line and of an event's data.
    init(lineLimit: Int, dataLimit: Int) {
        lines = TextLines(limit: lineLimit)
        self.dataLimit = dataLimit
    }

    mutating func take<E: Error>(_ bytes: UnsafeRawBufferPointer, _ body: (Item) throws(E) -> Void) throws(E) {
        // Taken out for the call, as the lines change the rest.
        var lines = lines
        self.lines = TextLines(limit: lines.limit)
        defer { self.lines = lines }
        try lines.take(bytes) { line throws(E) in
            switch line {
            case .text(let line): try take(line: line, body)
            case .tooLong:
                hasFields = true
                isOversized = true
                data.removeAll(keepingCapacity: true)
            }
        }
    }

    private mutating func take<E: Error>(
        line: UnsafeRawBufferPointer, _ body: (Item) throws(E) -> Void
    ) throws(E) {
        guard let first = line.first else { return try dispatch(body) }
        guard first != Self.colon else { return try body(.comment(isInEvent: hasFields)) }
        let end = line.firstIndex(of: Self.colon) ?? line.endIndex
        var value = line[min(end + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let name = line[..<end]
        if name.elementsEqual("data".utf8) {
            append(value)
        } else if name.elementsEqual("event".utf8) {
            hasFields = true
            type = Array(value)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { id = Array(value) }
        } else if name.elementsEqual("retry".utf8) {
            if let time = Self.milliseconds(value) { try body(.retry(time)) }
        }
    }

    private mutating func append(_ value: Slice<UnsafeRawBufferPointer>) {
        hasFields = true
        guard !isOversized, data.count + value.count < dataLimit else {
            isOversized = true
            data.removeAll(keepingCapacity: true)
            return
        }
        data += value
        data.append(UInt8(ascii: "\n"))
    }

    private mutating func dispatch<E: Error>(_ body: (Item) throws(E) -> Void) throws(E) {
        defer {
            hasFields = false
            isOversized = false
            type.removeAll(keepingCapacity: true)
            data.removeAll(keepingCapacity: true)
        }
        if isOversized { return try body(.oversized(id: id)) }
        guard !data.isEmpty else { return try body(.comment(isInEvent: false)) }
        try data.span.bytes.withUnsafeBytes { data throws(E) in
            try body(.event(type: type, data: UnsafeRawBufferPointer(rebasing: data.dropLast()), id: id))
        }
    }

    /// Digits only; what is too large for anybody counts as a day.
    private static func milliseconds(_ value: Slice<UnsafeRawBufferPointer>) -> Int64? {
        guard !value.isEmpty, value.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return min(Int64(String(decoding: value, as: UTF8.self)) ?? .max, 86_400_000)
    }
}
