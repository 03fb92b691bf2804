internal import FastVerify
internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Writes lines to a file from a queue of its own, so that no event loop waits for a disk. What waits is bounded.
final class RecordWriter: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        /// Bytes that are being written; they need room until they are.
        var leaving = 0
        var isWriting = false
        /// Lines without a place since the last that had one.
        var missing: UInt64 = 0
        var descriptor: CInt
    }

    private let state: WaitingLock<State>
    private let queue = DispatchQueue(label: "fastverify.records")
    private let path: String?
    private let limit: Int
    private let allMissing = Atomic<UInt64>(0)
    private let isFailing = Atomic<Bool>(false)

    /// - Parameter path: `nil` for standard output.
    init(path: String?, limit: Int) throws(ConfigurationError) {
        self.path = path
        self.limit = limit
        let descriptor = path.map(Self.opened) ?? STDOUT_FILENO
        guard descriptor >= 0 else {
            let problem = ConfigurationProblem(
                file: path ?? "", line: 0, column: 0, path: "log",
                message: "cannot be opened for writing: \(String(cString: strerror(errno)))")
            throw ConfigurationError(problems: [problem])
        }
        state = WaitingLock(State(descriptor: descriptor))
    }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        if path != nil { close(descriptor) }
    }

    private static func opened(_ path: String) -> CInt {
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    }

    /// Lines that were not written since the start.
    var missingCount: UInt64 { allMissing.load(ordering: .relaxed) }

    /// Takes a line; false when there is no room for it. The first line that has room again says how many had none.
    func write(_ line: [UInt8]) -> Bool {
        let (isTaken, begins) = state.withLock { state -> (Bool, Bool) in
            guard state.waiting.count + state.leaving + line.count <= limit else {
                state.missing += 1
                let begins = !state.isWriting && !state.waiting.isEmpty
                if begins { state.isWriting = true }
                return (false, begins)
            }
            if state.missing > 0 {
                state.waiting += "{\"missing_records\":\(state.missing)}\n".utf8
                state.missing = 0
            }
            state.waiting += line
            defer { state.isWriting = true }
            return (true, !state.isWriting)
        }
        if !isTaken { allMissing.add(1, ordering: .relaxed) }
        if begins { queue.async { self.drain() } }
        return isTaken
    }

    /// Opens the file anew, after something has renamed it.
    func reopen() {
        guard let path else { return }
        queue.async {
            let new = Self.opened(path)
            guard new >= 0 else { return }
            let old = self.state.withLock { state in
                let old = state.descriptor
                state.descriptor = new
                return old
            }
            close(old)
        }
    }

    /// Returns when everything that was taken is written, or cannot be.
    func flush() { queue.sync { drain() } }

    private func drain() {
        while true {
            let (bytes, descriptor) = state.withLock { state -> ([UInt8], CInt) in
                let bytes = state.waiting
                state.waiting = []
                state.leaving = bytes.count
                if bytes.isEmpty { state.isWriting = false }
                return (bytes, state.descriptor)
            }
            if bytes.isEmpty { return }
            let written = Self.writeAll(bytes, to: descriptor)
            guard written < bytes.count else { continue }
            // The disk is full, or the reader of a pipe has gone. What is left waits for the next line's attempt.
            state.withLock { state in
                state.waiting = bytes[written...] + state.waiting
                state.leaving = 0
                state.isWriting = false
            }
            return
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> Int {
        bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = systemWrite(descriptor, bytes.baseAddress! + written, bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                written += count
            }
            return written
        }
    }
}

/// `write(2)` has the name of a method here.
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
