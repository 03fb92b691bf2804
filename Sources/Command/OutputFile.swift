#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that a command makes. An existing one is replaced only on demand, and then all at once.
struct OutputFile {
    let path: String
    /// Permissions of the file; those of a private key admit its owner only.
    let mode: mode_t

    static func secret(_ path: String) -> OutputFile { OutputFile(path: path, mode: 0o600) }
    static func shared(_ path: String) -> OutputFile { OutputFile(path: path, mode: 0o644) }

    /// Says no before any work is done. `write` makes sure again.
    func check(replacing: Bool) throws {
        guard !replacing, access(path, F_OK) == 0 else { return }
        throw Failure("\(path.printable): exists already; --force replaces it")
    }

    func write(_ text: String, replacing: Bool) throws {
        // A file that is replaced keeps its old contents until the new ones are complete.
        let target = replacing ? "\(path).\(getpid()).new" : path
        let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else {
            if errno == EEXIST { throw Failure("\(target.printable): exists already; --force replaces it") }
            throw Failure.system(target)
        }
        do {
            defer { close(file) }
            // The mask of the process may narrow these permissions, never widen them.
            try ByteOutput.writeAll(Array(text.utf8), to: file, name: target)
            guard fsync(file) == 0 || errno == EINVAL else { throw Failure.system(target) }
        } catch {
            unlink(target)
            throw error
        }
        guard !replacing || rename(target, path) == 0 else {
            let failure = Failure.system(path)
            unlink(target)
            throw failure
        }
    }
}
