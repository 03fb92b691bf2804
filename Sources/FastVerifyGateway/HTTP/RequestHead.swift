#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Fields that mean something to the gateway. Of others only their number counts.
enum KnownField: Int, CaseIterable {
    case host, authorization, contentLength, transferEncoding, connection, expect, origin, cookie
    case originalURI, originalMethod, originalHost
    case forwardedURI, forwardedMethod, forwardedHost
    case preflightMethod

    @inline(__always)
    init?(_ name: UnsafeRawBufferPointer) {
        switch name.count {
        case 4 where name.equalsIgnoringCase("host"): self = .host
        case 6 where name.equalsIgnoringCase("expect"): self = .expect
        case 6 where name.equalsIgnoringCase("origin"): self = .origin
        case 6 where name.equalsIgnoringCase("cookie"): self = .cookie
        case 10 where name.equalsIgnoringCase("connection"): self = .connection
        case 13 where name.equalsIgnoringCase("authorization"): self = .authorization
        case 14 where name.equalsIgnoringCase("content-length"): self = .contentLength
        case 14 where name.equalsIgnoringCase("x-original-uri"): self = .originalURI
        case 15 where name.equalsIgnoringCase("x-original-host"): self = .originalHost
        case 15 where name.equalsIgnoringCase("x-forwarded-uri"): self = .forwardedURI
        case 16 where name.equalsIgnoringCase("x-forwarded-host"): self = .forwardedHost
        case 17 where name.equalsIgnoringCase("x-original-method"): self = .originalMethod
        case 17 where name.equalsIgnoringCase("transfer-encoding"): self = .transferEncoding
        case 18 where name.equalsIgnoringCase("x-forwarded-method"): self = .forwardedMethod
        case 29 where name.equalsIgnoringCase("access-control-request-method"): self = .preflightMethod
        default: return nil
        }
    }
}

/// The head of an HTTP/1.1 request (RFC 9112), as places in the bytes it was read from.
///
/// Stricter than the RFC where it leaves a choice, so that no other reader of the same bytes can see another request: CR LF ends
/// each line, no line is folded, no space stands before a colon, lengths are digits and stand once, and nothing is said twice
/// that must be said once.
struct RequestHead {
    /// Why a request is not read, as the status that says so.
    enum Fault: UInt16, Error {
        case badRequest = 400
        case lengthRequired = 411
        case contentTooLarge = 413
        case uriTooLong = 414
        case expectationFailed = 417
        case headerTooLarge = 431
        case notImplemented = 501
        case versionNotSupported = 505
    }

    struct Place {
        var start: Int32 = 0
        var end: Int32 = 0
        /// How many fields had this name.
        var count: Int32 = 0

        var range: Range<Int> { Int(start)..<Int(end) }
    }

    private(set) var method = 0..<0
    private(set) var target = 0..<0
    private(set) var isVersion11 = true
    private(set) var keepsAlive = true
    /// Bytes of the body that follows.
    private(set) var bodySize = 0
    private var places = InlineArray<15, Place>(repeating: Place())

    func count(_ field: KnownField) -> Int { Int(places[field.rawValue].count) }

    /// The value of the first field of this name; `nil` when there is none.
    @inline(__always)
    func value(_ field: KnownField) -> Range<Int>? {
        let place = places[field.rawValue]
        return place.count > 0 ? place.range : nil
    }

    static let longestMethod = 32
    static let longestTarget = 8192

    /// Reads a head that ends with its empty line. Linear in its size; allocates nothing.
    init(_ text: UnsafeRawBufferPointer, maxFields: Int) throws(Fault) {
        var line = try Self.line(in: text, from: 0)
        try readRequestLine(text, line)
        var fields = 0
        while true {
            line = try Self.line(in: text, from: line.upperBound + 2)
            if line.isEmpty { break }
            fields += 1
            guard fields <= maxFields else { throw .headerTooLarge }
            try readField(text, line)
        }
        guard line.upperBound + 2 == text.count else { throw .badRequest }
        try check(text)
    }

    /// The line that begins at a place, without its CR LF.
    @inline(__always)
    private static func line(in text: UnsafeRawBufferPointer, from start: Int) throws(Fault) -> Range<Int> {
        guard start < text.count, let found = memchr(text.baseAddress! + start, 0x0A, text.count - start) else {
            throw .badRequest
        }
        let end = UnsafeRawPointer(found) - text.baseAddress!
        guard end > start, text[end - 1] == 0x0D else { throw .badRequest }
        return start..<end - 1
    }

    private mutating func readRequestLine(_ text: UnsafeRawBufferPointer, _ line: Range<Int>) throws(Fault) {
        var end = line.lowerBound
        while end < line.upperBound, ByteClass.token.contains(text[end]) { end += 1 }
        method = line.lowerBound..<end
        guard !method.isEmpty, method.count <= Self.longestMethod, end < line.upperBound, text[end] == 0x20 else {
            throw .badRequest
        }
        let start = end + 1
        end = start
        while end < line.upperBound, ByteClass.visible.contains(text[end]) { end += 1 }
        target = start..<end
        guard !target.isEmpty, text[start] == UInt8(ascii: "/"), line.upperBound - end == 9, text[end] == 0x20 else {
            throw .badRequest
        }
        guard target.count <= Self.longestTarget else { throw .uriTooLong }
        let version = text.slice(end + 1..<line.upperBound)
        guard version.starts(with: "HTTP/".utf8), version[6] == UInt8(ascii: ".") else { throw .badRequest }
        switch (version[5], version[7]) {
        case (0x31, 0x31): isVersion11 = true
        case (0x31, 0x30): isVersion11 = false
        default: throw .versionNotSupported
        }
        keepsAlive = isVersion11
    }

    @inline(__always)
    private mutating func readField(_ text: UnsafeRawBufferPointer, _ line: Range<Int>) throws(Fault) {
        var colon = line.lowerBound
        while colon < line.upperBound, ByteClass.token.contains(text[colon]) { colon += 1 }
        // A folded line begins with a space, which no name does.
        guard colon > line.lowerBound, colon < line.upperBound, text[colon] == UInt8(ascii: ":") else {
            throw .badRequest
        }
        let value = text.trimmed(colon + 1..<line.upperBound)
        guard text.slice(value).isFieldValue else { throw .badRequest }
        guard let field = KnownField(text.slice(line.lowerBound..<colon)) else { return }
        let count = places[field.rawValue].count + 1
        if count == 1 {
            places[field.rawValue] = Place(start: Int32(value.lowerBound), end: Int32(value.upperBound), count: 1)
        } else {
            places[field.rawValue].count = count
            // Several Connection fields are one list; of nothing else here two may stand (RFC 9112 §6.3, RFC 9110 §7.2).
            switch field {
            case .host, .contentLength, .transferEncoding, .expect: throw .badRequest
            default: break
            }
        }
        if field == .connection { readConnection(text.slice(value)) }
    }

    private mutating func readConnection(_ value: UnsafeRawBufferPointer) {
        var start = 0
        while start <= value.count {
            var end = start
            while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
            let option = value.slice(value.trimmed(start..<end))
            if option.equalsIgnoringCase("close") {
                keepsAlive = false
                return
            }
            if !isVersion11, option.equalsIgnoringCase("keep-alive") { keepsAlive = true }
            start = end + 1
        }
    }

    private mutating func check(_ text: UnsafeRawBufferPointer) throws(Fault) {
        if let host = value(.host) {
            guard ByteClass.host.containsAll(text.slice(host)) else { throw .badRequest }
        } else if isVersion11 {
            throw .badRequest
        }
        if count(.transferEncoding) > 0 {
            // Where a length is given as well somebody may be smuggling; else RFC 9112 §6.3 lets us ask for a length.
            throw count(.contentLength) > 0 || !isVersion11 ? .badRequest : .lengthRequired
        }
        if let length = value(.contentLength) {
            guard !length.isEmpty, length.count <= 18 else { throw .badRequest }
            for byte in text.slice(length) {
                guard byte &- 0x30 < 10 else { throw .badRequest }
                bodySize = bodySize * 10 + Int(byte &- 0x30)
            }
        }
        if count(.expect) > 0 { throw .expectationFailed }
    }
}
