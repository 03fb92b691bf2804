#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Files that hold secrets, or the database: nobody but their owner may read them.
enum PrivateFile {
    /// An empty file if there is none. The files that SQLite adds have the permissions of the first.
    static func create(_ path: String) throws(StoreError) {
        let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR)
        guard file >= 0 else { throw .unavailable("cannot open the file: \(String(cString: strerror(errno)))") }
        close(file)
    }
}
