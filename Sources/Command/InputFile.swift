#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// `read` and `write` without the names of types that have methods called the same.
func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(file, bytes, count) }
func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }

/// A file opened for reading, or standard input where the path is `-`.
struct InputFile: ~Copyable {
    let descriptor: Int32
    /// What messages call it.
    let name: String
    /// Bytes, where the file is one that has a size.
    let size: Int?

    init(_ path: String) throws {
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.system(name) }
        var status = stat()
        let known = fstat(descriptor, &status) == 0
        if known, status.st_mode & S_IFMT == S_IFDIR { throw Failure.system(name, EISDIR) }
        size = known && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// Reads at most `count` bytes; 0 at the end.
    func read(into bytes: UnsafeMutableRawPointer, count: Int) throws -> Int {
        while true {
            let received = systemRead(descriptor, bytes, count)
            if received >= 0 { return received }
            guard errno == EINTR else { throw Failure.system(name) }
        }
    }

    /// The whole of a file that has no business being larger than `limit`.
    static func contents(of path: String, limit: Int = 1 << 20) throws -> [UInt8] {
        let file = try InputFile(path)
        var bytes: [UInt8] = []
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { block.deallocate() }
        while true {
            let count = try file.read(into: block.baseAddress!, count: block.count)
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= limit else { throw Failure("\(file.name.printable): larger than \(limit) bytes") }
        }
    }
}
