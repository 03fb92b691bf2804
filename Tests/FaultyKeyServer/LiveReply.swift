internal import NIOCore
internal import Synchronization

/// A reply that goes on: a test sends pieces of it while the connection is open.
public final class LiveReply: Sendable {
    private struct Condition {
        var channel: (any Channel)?
        var waiting: [UInt8] = []
        var isClosing = false
    }

    private let condition = Mutex(Condition())

    /// Begins with these bytes.
    public init(_ bytes: [UInt8]) { condition.withLock { $0.waiting = bytes } }

    public func send(_ text: String) {
        condition.withLock { $0.waiting += text.utf8 }
        flush()
    }

    public func close() {
        condition.withLock { $0.isClosing = true }
        flush()
    }

    func attach(_ channel: any Channel) {
        condition.withLock { $0.channel = channel }
        flush()
    }

    private func flush() {
        condition.withLock { condition in
            guard let channel = condition.channel else { return }
            if !condition.waiting.isEmpty { channel.writeAndFlush(ByteBuffer(bytes: condition.waiting), promise: nil) }
            condition.waiting = []
            if condition.isClosing { channel.close(promise: nil) }
        }
    }
}
