import Foundation

/// The running program of an engine. It waits for a line most of the time, so that engines do not disturb each other.
final class EngineProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var received: [UInt8] = []

    /// Far more than the verdicts on any workload take.
    private static let longestLine = 1 << 22

    convenience init(_ engine: Engine) throws(EngineFailure) {
        try self.init(engine.program, folder: engine.folder)
    }

    init(_ program: URL, _ arguments: [String] = [], folder: URL? = nil) throws(EngineFailure) {
        // An engine that died is noticed by the write that fails.
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = input
        process.standardOutput = output
        do { try process.run() } catch { throw EngineFailure(description: "does not start: \(error)") }
        // Only this end of each pipe: the program's own ends stay as programs expect them.
        for end in [writer, reader] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
    }

    deinit { stop() }

    private var writer: Int32 { input.fileHandleForWriting.fileDescriptor }
    private var reader: Int32 { output.fileHandleForReading.fileDescriptor }

    /// Ends the program, whatever it does.
    func stop() {
        guard process.isRunning else { return }
        let id = process.processIdentifier
        // A `run` that is a script may have started the program as a child.
        if getpgid(id) == id { kill(-id, SIGKILL) }
        kill(id, SIGKILL)
        process.waitUntilExit()
    }

    /// Sends a line, with its line feed, and waits for the answer.
    func ask(_ line: Data, within seconds: Double) throws(EngineFailure) -> String {
        let deadline = Clock.wall.now + seconds
        try send([UInt8](line), until: deadline)
        return try answer(until: deadline)
    }

    /// Asks for a measurement of some seconds, to which the answer is tokens, wall and CPU seconds. `patience` is how long
    /// the answer may take after that.
    func slot(
        _ request: String, seconds: Double, patience: Double
    ) throws(EngineFailure) -> (tokens: Int, wall: Double, cpu: Double) {
        let start = Clock.wall.now
        let answer = try ask(Data("\(request) \(seconds)\n".utf8), within: seconds + patience)
        let elapsed = Clock.wall.now - start
        if answer == Self.wrong {
            throw EngineFailure(description: "counted too few valid tokens while being timed")
        }
        let words = answer.split(separator: " ")
        guard words.count == 3, let tokens = Int(words[0]), let wall = Double(words[1]), let cpu = Double(words[2]),
            tokens > 0, wall > 0, cpu > 0
        else { throw EngineFailure(description: "answers garbage: \(answer.prefix(80))") }
        // Its own clock must agree with ours, or its rate means nothing.
        guard wall <= elapsed, wall >= seconds * 0.9, cpu.isFinite else {
            throw EngineFailure(description: "claims \(wall) s of the \(elapsed) s it took")
        }
        return (tokens, wall, cpu)
    }

    /// The answer of a program that counts other verdicts than it must.
    static let wrong = "wrong"

    private func send(_ bytes: [UInt8], until deadline: Double) throws(EngineFailure) {
        var sent = 0
        while sent < bytes.count {
            try wait(writer, POLLOUT, until: deadline)
            let count = bytes[sent...].withUnsafeBytes { write(writer, $0.baseAddress, $0.count) }
            if count > 0 { sent += count }
            if count < 0, errno != EAGAIN, errno != EINTR { throw ended }
        }
    }

    private func answer(until deadline: Double) throws(EngineFailure) -> String {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var searched = 0
        while true {
            // Only what has come since the last look: a line that comes in pieces costs its length, not its square.
            if let end = lineFeed(from: searched) {
                defer { received.removeSubrange(...end) }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            searched = received.count
            guard received.count < Self.longestLine else { throw EngineFailure(description: "prints without end") }
            try wait(reader, POLLIN, until: deadline)
            let count = read(reader, &chunk, chunk.count)
            if count > 0 { received += chunk[..<count] }
            if count == 0 { throw ended }
            if count < 0, errno != EAGAIN, errno != EINTR { throw ended }
        }
    }

    /// memchr, because the loop of an unoptimised build takes seconds for what an engine without end prints.
    private func lineFeed(from start: Int) -> Int? {
        received.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress else { return nil }
            return memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start).map {
                UnsafeRawPointer($0) - base
            }
        }
    }

    private func wait(_ descriptor: Int32, _ event: Int32, until deadline: Double) throws(EngineFailure) {
        let left = deadline - Clock.wall.now
        var waiting = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        guard left > 0, poll(&waiting, 1, Int32(left * 1000) + 1) != 0 else {
            throw EngineFailure(description: "hangs")
        }
    }

    /// What is known about a program that closed its output.
    private var ended: EngineFailure {
        let deadline = Clock.wall.now + 1
        while process.isRunning, Clock.wall.now < deadline { usleep(1000) }
        if process.isRunning { return EngineFailure(description: "stopped talking") }
        let signalled = process.terminationReason == .uncaughtSignal
        return EngineFailure(
            description: "ended early, \(signalled ? "signal" : "status") \(process.terminationStatus)")
    }
}
