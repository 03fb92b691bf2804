/// Tokens side by side in memory that never moves, so that passes hand over pointers and nothing else.
///
/// Read-only after it is made, hence Sendable.
final class TokenText: @unchecked Sendable {
    let views: [UnsafeRawBufferPointer]
    private let memory: UnsafeMutableRawBufferPointer

    init(_ tokens: [String]) {
        memory = .allocate(byteCount: max(1, tokens.reduce(0) { $0 + $1.utf8.count }), alignment: 64)
        var offset = 0
        views = tokens.map { [memory] token in
            let start = memory.baseAddress! + offset
            for byte in token.utf8 {
                memory[offset] = byte
                offset += 1
            }
            return UnsafeRawBufferPointer(start: start, count: token.utf8.count)
        }
    }

    deinit { memory.deallocate() }
}
