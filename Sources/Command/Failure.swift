import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What keeps a command from doing its work: a file that cannot be read, options that do not go together. One line for
/// the operator; never contains key material or a token.
struct Failure: Error {
    /// Exit status of a command that could not do its work.
    static let status: Int32 = 2

    let message: String

    init(_ message: String) { self.message = message }

    /// What the last system call said about a file.
    static func system(_ file: String, _ code: Int32 = errno) -> Failure {
        Failure("\(file.printable): \(String(cString: strerror(code)))")
    }
}

extension ExitCode {
    /// The command did its work and the answer is no.
    static let refused = ExitCode(1)
}

/// Remarks beside the output proper.
enum StandardError {
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let written = bytes[offset...].withUnsafeBytes { systemWrite(STDERR_FILENO, $0.baseAddress, $0.count) }
            // Nobody is left to tell about an error here.
            guard written > 0 || errno == EINTR else { return }
            offset += max(0, written)
        }
    }

    static func note(_ text: String) { write("fastverify: \(text)\n") }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

extension String {
    /// This text with nothing in it that a terminal would act on or that reverses what is read: control characters,
    /// DEL, C1 and the bidirectional controls are written as \u escapes.
    var printable: String {
        var out = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
