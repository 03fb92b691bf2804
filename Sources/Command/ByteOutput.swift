#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard output through one buffer that is used again and again: appending allocates nothing.
struct ByteOutput: ~Copyable {
    private let file: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
    private var count = 0

    init(to file: Int32 = STDOUT_FILENO) { self.file = file }

    deinit { buffer.deallocate() }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count <= buffer.count - count, let source = bytes.baseAddress else {
            return try appendInParts(bytes)
        }
        memcpy(buffer.baseAddress! + count, source, bytes.count)
        count += bytes.count
    }

    private mutating func appendInParts(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            if count == buffer.count { try flush() }
            let part = rest.prefix(buffer.count - count)
            UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + part.count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
            count += part.count
            rest = rest.dropFirst(part.count)
        }
    }

    mutating func append(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try append($0) } }

    mutating func append(_ text: StaticString) throws {
        try append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ text: String) throws {
        var text = text
        try text.withUTF8 { try append(UnsafeRawBufferPointer($0)) }
    }

    /// A number that is not negative, in decimal.
    mutating func append(decimal number: Int) throws {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var first = 20
        var rest = number
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        if buffer.count - count < 20 { try flush() }
        for position in first..<20 { buffer[count + position - first] = digits[position] }
        count += 20 - first
    }

    mutating func flush() throws {
        try Self.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: file, name: "standard output")
        count = 0
    }

    static func writeAll(_ bytes: [UInt8], to file: Int32, name: String) throws {
        try bytes.withUnsafeBytes { try writeAll($0, to: file, name: name) }
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32, name: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let written = systemWrite(file, part.baseAddress, part.count)
            guard written >= 0 || errno == EINTR else { throw Failure.system(name) }
            rest = rest.dropFirst(max(0, written))
        }
    }

    /// Writes a whole text to standard output at once.
    static func print(_ text: String) throws {
        var output = ByteOutput()
        try output.append(text)
        try output.append("\n" as StaticString)
        try output.flush()
    }
}
