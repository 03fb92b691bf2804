/// Memory for one batch: allocated by advancing a pointer, released all at once, kept for the next batch.
///
/// Blocks never move, so pointers stay valid until `reset`. After the first batches have shown how much is needed,
/// nothing allocates any more. One thread at a time.
package struct Arena: ~Copyable {
    private static let blockSize = 256 << 10
    private static let alignment = 64

    /// An address that may be used where no byte is read or written.
    nonisolated(unsafe) package static let nowhere = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var current = -1
    private var next: UnsafeMutableRawPointer
    private var left = 0

    package init() { next = UnsafeMutableRawPointer(Self.nowhere) }

    deinit { for block in blocks { block.deallocate() } }

    /// Room for `size` bytes, aligned to 8; stays free until `commit` says how much of it was used.
    @inline(__always)
    package mutating func reserve(_ size: Int) -> UnsafeMutableRawPointer {
        if size > left { advance(size) }
        return next
    }

    /// Keeps the first `size` bytes of the last reservation.
    @inline(__always)
    package mutating func commit(_ size: Int) {
        let step = (size + 7) & ~7
        next += min(step, left)
        left -= min(step, left)
    }

    /// Room for `size` bytes that is kept at once.
    @inline(__always)
    package mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        let room = reserve(size)
        commit(size)
        return room
    }

    /// Frees everything handed out; the blocks stay.
    package mutating func reset() {
        current = -1
        left = 0
    }

    @inline(never)
    private mutating func advance(_ size: Int) {
        repeat {
            current += 1
            if current == blocks.count {
                blocks.append(.allocate(byteCount: max(size, Self.blockSize), alignment: Self.alignment))
            }
        } while blocks[current].count < size
        next = blocks[current].baseAddress!
        left = blocks[current].count
    }
}
