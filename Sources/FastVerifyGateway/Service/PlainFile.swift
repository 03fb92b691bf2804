#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Small files, read whole. All calls block.
enum PlainFile {
    struct Unreadable: Error {
        let reason: String
    }

    static func contents(of path: String, limit: Int) throws(Unreadable) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Unreadable(reason: String(cString: strerror(errno))) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count <= limit {
            let size = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress! + count, limit + 1 - count) }
            if size < 0, errno == EINTR { continue }
            guard size >= 0 else { throw Unreadable(reason: String(cString: strerror(errno))) }
            if size == 0 { break }
            count += size
        }
        guard count <= limit else { throw Unreadable(reason: "longer than \(limit) bytes") }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Differs when a file says something else. By its contents, because times are too coarse for two edits in a row and files
    /// of a configuration are small; `nil` for one that cannot be read.
    struct Version: Sendable, Hashable {
        private let size: Int
        private let hash: Int

        init?(_ path: String) {
            guard let bytes = try? PlainFile.contents(of: path, limit: 1 << 20) else { return nil }
            size = bytes.count
            hash = bytes.hashValue
        }
    }

    /// A name in a file, seen from the file's folder.
    static func resolve(_ name: String, besides file: String) -> String {
        guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return name }
        return file[...slash] + name
    }
}
