import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a run of the built binary left behind.
struct Outcome {
    let status: Int32
    let output: String
    let errors: String
    /// Largest resident size seen while it ran, in KiB; 0 where nothing was measured.
    let peakMemory: Int

    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Runs `fastverify` as a process of its own in a directory of its own.
struct Tool {
    let directory: String

    init() throws {
        var template = Array("/tmp/fastverify-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the directory.
    func remove() {
        guard let handle = opendir(directory) else { return }
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink(path(name))
        }
        closedir(handle)
        rmdir(directory)
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// Makes a file and returns its path.
    @discardableResult
    func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }

    @discardableResult
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        var offset = 0
        while offset < bytes.count {
            let written = bytes[offset...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            try #require(written > 0)
            offset += written
        }
        return path(name)
    }

    func text(_ name: String) throws -> String {
        let file = open(path(name), O_RDONLY)
        try #require(file >= 0)
        defer { close(file) }
        var text: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &block, block.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += block[..<count]
        }
    }

    /// The binary stands beside the test bundle.
    static let binary: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        var path = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        // Run by a helper, the bundle is among the arguments instead.
        if let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") }) { path = bundle }
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/fastverify"
    }()

    func callAsFunction(
        _ arguments: String..., input: String? = nil, environment: [String] = [], measuring: Bool = false
    ) throws -> Outcome {
        try run(arguments, input: input, environment: environment, measuring: measuring)
    }

    /// `input` is what stands on standard input.
    func run(
        _ arguments: [String], input: String? = nil, environment: [String] = [], measuring: Bool = false
    ) throws -> Outcome {
        let number = Int.random(in: 0..<Int.max)
        let (out, err, `in`) = ("out-\(number)", "err-\(number)", "in-\(number)")
        if let input { try file(`in`, input) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input == nil ? "/dev/null" : path(`in`), O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, path(out), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, path(err), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let words = ([Self.binary] + arguments).map { strdup($0) } + [nil]
        // A sanitized tool has to know the suppressions, too.
        let sanitizer = getenv("LSAN_OPTIONS").map { ["LSAN_OPTIONS=" + String(cString: $0)] } ?? []
        let variables = (["PATH=/usr/bin:/bin", "COLUMNS=200"] + sanitizer + environment).map { strdup($0) } + [nil]
        defer { for word in words + variables { free(word) } }
        var child: pid_t = 0
        try #require(posix_spawn(&child, Self.binary, &actions, nil, words, variables) == 0, "\(Self.binary)")
        var status: Int32 = 0
        var peak = 0
        if measuring {
            while waitpid(child, &status, WNOHANG) == 0 {
                peak = max(peak, Self.peakMemory(of: child))
                usleep(2000)
            }
        } else {
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
        }
        // 128 + the signal, as the shell has it.
        let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
        return try Outcome(status: code, output: text(out), errors: text(err), peakMemory: peak)
    }

    /// VmHWM of a process, in KiB.
    private static func peakMemory(of process: pid_t) -> Int {
        guard let file = fopen("/proc/\(process)/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("VmHWM:") { return Int(text.filter(\.isNumber)) ?? 0 }
        }
        return 0
    }
}

/// Lends a fresh directory and cleans it up.
func withTool<T>(_ body: (Tool) throws -> T) throws -> T {
    let tool = try Tool()
    defer { tool.remove() }
    return try body(tool)
}
