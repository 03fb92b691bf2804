#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A key set in a file, for a start while the issuer cannot be reached.
///
/// A line that names the format, lines of `name: value`, an empty line, the JWK Set as it came. The file vouches for the
/// keys as TLS does otherwise, so it must belong to this user or to root and nobody else may write to it; what is in it is
/// checked like any answer, and its age counts against the same limits.
struct KeySnapshot: Sendable, Hashable {
    /// `KeySetLocation.name`: keys of one issuer are never taken for another's.
    var source: String
    /// When the issuer last confirmed the keys, in seconds since 1970, and for how many seconds more they are good.
    var time: Int64
    var lifetime: Int64
    var entityTag: String?
    /// Where the keys were fetched.
    var url: String?
    var keys: [UInt8]

    /// Why a file was not read or written.
    enum Failure: String, Error, Sendable {
        case absent, unreadable, unwritable
        /// Not a plain file, somebody else's, or open to writing by others.
        case unsafe
        case malformed
        case tooLarge = "too_large"
    }

    private static let format = "fastverify-keys 1"
    /// For the lines above the keys.
    private static let headBytes = 8 << 10

    var text: [UInt8] {
        var head = "\(Self.format)\nsource: \(source)\ntime: \(time)\nlifetime: \(lifetime)\n"
        if let entityTag { head += "etag: \(entityTag)\n" }
        if let url { head += "url: \(url)\n" }
        return Array((head + "\n").utf8) + keys
    }

    init(
        source: String, time: Int64, lifetime: Int64, entityTag: String? = nil, url: String? = nil, keys: [UInt8]
    ) {
        self.source = source
        self.time = time
        self.lifetime = lifetime
        self.entityTag = entityTag
        self.url = url
        self.keys = keys
    }

    init?(_ text: [UInt8]) {
        let newline = UInt8(ascii: "\n")
        guard let end = text.firstRange(of: [newline, newline]),
            let head = String(validating: text[..<end.lowerBound], as: UTF8.self)
        else { return nil }
        let lines = head.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines[0] == Self.format else { return nil }
        var values: [Substring: Substring] = [:]
        for line in lines.dropFirst() {
            guard let mark = line.firstRange(of: ": "), values[line[..<mark.lowerBound]] == nil else { return nil }
            values[line[..<mark.lowerBound]] = line[mark.upperBound...]
        }
        guard let source = values["source"], let time = values["time"].flatMap({ Int64($0) }), time >= 0,
            let lifetime = values["lifetime"].flatMap({ Int64($0) }), lifetime >= 0
        else { return nil }
        self.init(
            source: String(source), time: time, lifetime: lifetime, entityTag: values["etag"].map(String.init),
            url: values["url"].map(String.init), keys: Array(text[end.upperBound...]))
    }

    /// How long the keys are good at a time; `nil` when no longer, and when they come from a future more than five minutes
    /// away, which tells that a clock is wrong.
    func remaining(at now: Int64) -> Duration? {
        guard time <= now.addingReportingOverflow(300).partialValue else { return nil }
        let (age, overflows) = now.subtractingReportingOverflow(time)
        guard !overflows, max(age, 0) < lifetime else { return nil }
        return .seconds(lifetime - max(age, 0))
    }

    /// Reads a file of at most `limit` bytes of keys. Blocks.
    static func read(_ path: String, limit: Int) throws(Failure) -> KeySnapshot {
        let text: [UInt8]?
        do throws(TrustedFile.Failure) {
            let file = try TrustedFile(path)
            text = file.size <= limit + headBytes ? try file.read(from: 0, atMost: limit + headBytes + 1) : nil
        } catch {
            throw Failure(rawValue: error.rawValue)!
        }
        guard let text, text.count <= limit + headBytes else { throw .tooLarge }
        guard let snapshot = KeySnapshot(text) else { throw .malformed }
        return snapshot
    }

    /// Writes a new file beside the old one and puts it in its place, so that whoever reads finds one or the other, whole.
    /// Nobody else may read it. Blocks.
    func write(_ path: String) throws(Failure) {
        let draft = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .unwritable }
        var isWritten = text.withUnsafeBytes { Self.writeAll(file, $0) } && fsync(file) == 0
        isWritten = close(file) == 0 && isWritten
        guard isWritten, rename(draft, path) == 0 else {
            unlink(draft)
            throw .unwritable
        }
        Self.syncFolder(of: path)
    }

    private static func writeAll(_ file: CInt, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            #if canImport(Glibc)
                let size = Glibc.write(file, part.baseAddress, part.count)
            #elseif canImport(Musl)
                let size = Musl.write(file, part.baseAddress, part.count)
            #else
                let size = Darwin.write(file, part.baseAddress, part.count)
            #endif
            if size < 0, errno == EINTR { continue }
            guard size > 0 else { return false }
            rest = rest.dropFirst(size)
        }
        return true
    }

    /// Makes the renaming last. Where a file system cannot do that, the file is as good as it can be.
    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let file = open(folder, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        fsync(file)
        close(file)
    }

    /// Takes the file away, for keys that may not be kept. Blocks.
    static func remove(_ path: String) { unlink(path) }
}
