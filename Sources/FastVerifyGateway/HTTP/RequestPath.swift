/// Memory for paths that have to be decoded; kept between requests.
struct PathMemory {
    fileprivate var bytes: [UInt8] = []
}

/// The path of a request as rules are matched against it: decoded, and refused where two readers could disagree what it names
/// (RFC 3986 §6.2.2; what Envoy CVE-2021-21378 and its kind lived on).
enum RequestPath {
    /// Calls `body` with the decoded path of a target, which begins with `/` and may have a query; with `nil` when it is ambiguous:
    /// an encoded slash, backslash or NUL, an empty, `.` or `..` segment, a `;`, an encoded percent sign that hides another
    /// encoding, an escape that is none, a fragment, bytes that are no UTF-8 once decoded.
    @inline(__always)
    static func read<R>(
        _ target: UnsafeRawBufferPointer, _ memory: inout PathMemory, _ body: (UnsafeRawBufferPointer?) -> R
    ) -> R {
        guard target.first == UInt8(ascii: "/") else { return body(nil) }
        var end = 0
        var isPlain = true
        while end < target.count, target[end] != UInt8(ascii: "?") {
            isPlain = isPlain && ByteClass.plainPath.contains(target[end])
            end += 1
        }
        let path = target.slice(0..<end)
        if isPlain { return body(hasPlainSegments(path) ? path : nil) }
        guard decode(path, &memory.bytes) else { return body(nil) }
        return memory.bytes.withUnsafeBytes { body($0) }
    }

    /// No segment but the last is empty, none is `.` or `..`.
    @inline(__always)
    private static func hasPlainSegments(_ path: UnsafeRawBufferPointer) -> Bool {
        var position = 1
        while position <= path.count {
            let start = position
            while position < path.count, path[position] != UInt8(ascii: "/") { position += 1 }
            let size = position - start
            if size == 0, position < path.count { return false }
            if size > 0, size <= 2, path[start] == 0x2E, path[position - 1] == 0x2E { return false }
            position += 1
        }
        return true
    }

    private static func decode(_ path: UnsafeRawBufferPointer, _ memory: inout [UInt8]) -> Bool {
        memory.removeAll(keepingCapacity: true)
        var position = 0
        while position < path.count {
            var byte = path[position]
            if byte == UInt8(ascii: "%") {
                guard position + 2 < path.count, let high = hex(path[position + 1]), let low = hex(path[position + 2])
                else { return false }
                byte = high << 4 | low
                if byte == UInt8(ascii: "/") { return false }
                position += 2
            } else if byte == UInt8(ascii: "#") {
                return false
            }
            switch byte {
            case 0..<0x20, 0x7F, UInt8(ascii: "\\"), UInt8(ascii: ";"): return false
            default: memory.append(byte)
            }
            position += 1
        }
        return memory.withUnsafeBytes { decoded in
            hasPlainSegments(decoded) && !hidesEscape(decoded) && String(validating: decoded, as: UTF8.self) != nil
        }
    }

    private static func hidesEscape(_ path: UnsafeRawBufferPointer) -> Bool {
        for position in path.indices.dropLast(2) where path[position] == UInt8(ascii: "%") {
            if hex(path[position + 1]) != nil, hex(path[position + 2]) != nil { return true }
        }
        return false
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
