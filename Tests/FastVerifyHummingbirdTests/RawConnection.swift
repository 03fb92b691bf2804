import NIOCore
import NIOPosix

/// Bytes to a server, and the bytes it answers with.
enum RawConnection {
    /// Connects, writes everything, and reads until the server closes. What the server no longer takes is not written.
    static func exchange(_ port: Int, _ text: String) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var answer = ByteBuffer()
            do {
                try? await outbound.write(ByteBuffer(string: text))
                for try await part in inbound { answer.writeImmutableBuffer(part) }
            } catch is IOError {
                // A server that closes with bytes unread resets the connection; what came before counts.
            }
            return String(buffer: answer)
        }
    }
}

/// The responses in what a server wrote.
struct RawResponses {
    let statuses: [Int]
    let text: String

    init(_ text: String) {
        self.text = text
        statuses = text.split(separator: "HTTP/1.1 ", omittingEmptySubsequences: false).dropFirst()
            .map { Int($0.prefix(3)) ?? 0 }
    }
}
