#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// An open file whose words are taken as if TLS had brought them: a plain file of this user or of root, which nobody else may
/// write to. All calls block.
struct TrustedFile: ~Copyable {
    /// Why a file was not read.
    enum Failure: String, Error, Sendable {
        case absent, unreadable
        /// Not a plain file, somebody else's, or open to writing by others.
        case unsafe
    }

    /// The same for two names, or at two times, of one file.
    struct Identity: Sendable, Hashable {
        let device: UInt64
        let number: UInt64
    }

    private let descriptor: CInt
    let identity: Identity
    /// When it was opened.
    let size: Int

    init(_ path: String) throws(Failure) {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw errno == ENOENT ? .absent : errno == ELOOP ? .unsafe : .unreadable }
        var status = stat()
        let isKnown = fstat(file, &status) == 0
        let isSafe =
            status.st_mode & S_IFMT == S_IFREG && (status.st_uid == geteuid() || status.st_uid == 0)
            && status.st_mode & (S_IWGRP | S_IWOTH) == 0
        guard isKnown, isSafe else {
            close(file)
            throw isKnown ? .unsafe : .unreadable
        }
        descriptor = file
        identity = Identity(device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(status.st_ino))
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Up to `limit` bytes from a place on; fewer only where the file ends.
    borrowing func read(from start: Int, atMost limit: Int) throws(Failure) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let size = text.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + count, limit - count, off_t(start + count))
            }
            if size < 0, errno == EINTR { continue }
            guard size >= 0 else { throw .unreadable }
            if size == 0 { break }
            count += size
        }
        text.removeLast(limit - count)
        return text
    }
}
