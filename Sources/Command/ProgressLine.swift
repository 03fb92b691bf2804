/// One line on a terminal's standard error that is written over as work goes on: a bar where the size of the input is
/// known, a counter where it is not. Does nothing elsewhere.
struct ProgressLine {
    private static let interval = Duration.milliseconds(100)
    private static let width = 30

    private let isShown: Bool
    private let size: Int?
    private var due: ContinuousClock.Instant
    private var isDirty = false

    init(size: Int?, isShown: Bool) {
        self.size = size
        self.isShown = isShown
        due = .now + Self.interval
    }

    mutating func update(bytes: Int, tokens: Int) {
        guard isShown else { return }
        let now = ContinuousClock.now
        guard now >= due else { return }
        due = now + Self.interval
        isDirty = true
        StandardError.write("\r\u{1B}[K" + Self.text(bytes: bytes, size: size, tokens: tokens))
    }

    /// Leaves the terminal as it was found.
    func finish() { if isDirty { StandardError.write("\r\u{1B}[K") } }

    static func text(bytes: Int, size: Int?, tokens: Int) -> String {
        guard let size, size > 0 else { return "\(tokens) tokens" }
        // A file may grow while it is read.
        let percent = min(100, Int(Double(bytes) * 100 / Double(size)))
        let full = percent * width / 100
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
        return "[\(bar)] \(percent) % \(tokens) tokens"
    }
}
