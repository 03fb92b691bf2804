import FastVerify

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Lines that are verified together: views into the reader's block, valid until it is asked for the next group.
struct LineGroup {
    private(set) var tokens: [UnsafeRawBufferPointer] = []
    private(set) var numbers: [Int] = []

    var count: Int { tokens.count }
    var isEmpty: Bool { tokens.isEmpty }

    mutating func removeAll() {
        tokens.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
    }

    fileprivate mutating func append(_ token: UnsafeRawBufferPointer, number: Int) {
        tokens.append(token)
        numbers.append(number)
    }
}

/// Splits input of any size into lines, one token each, in constant memory: one block and room for one token.
///
/// A line ends with LF or CR LF; the last one need not end at all. Empty lines hold no token but count as lines. Of a line
/// over the token limit only so much is kept that the verifier can see that it is too long.
struct TokenLines: ~Copyable {
    /// Lines in a group: enough to fill every lane of every kernel several times.
    static let groupSize = 512

    private let file: InputFile
    private let limit: Int
    private let buffer: UnsafeMutableRawBufferPointer
    /// The bytes read and not yet handed out; no line feed stands between `start` and `scanned`.
    private var start = 0
    private var scanned = 0
    private var end = 0
    private var atEnd = false
    /// Whether the unfinished line at `start` has been cut.
    private var isCut = false
    /// The number of the last line seen, from 1.
    private(set) var number = 0
    /// Bytes read so far.
    private(set) var bytesRead = 0
    /// Whether the next group needs more input, for which there may be a wait.
    private(set) var isDrained = false

    init(_ file: consuming InputFile, tokenLimit: Int, blockSize: Int = 1 << 20) {
        self.file = file
        limit = tokenLimit
        // A line at the limit, the CR LF that may follow it, and a block.
        buffer = .allocate(byteCount: tokenLimit + 2 + blockSize, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Puts the lines that are at hand into `group`, waiting for input only where there is none. False at the end.
    mutating func next(into group: inout LineGroup) throws -> Bool {
        group.removeAll()
        isDrained = false
        while group.count < Self.groupSize {
            if let feed = lineFeed() {
                take(upTo: feed, into: &group)
                start = feed + 1
                scanned = start
            } else if !group.isEmpty {
                isDrained = true  // reading on would move what the group points to
                break
            } else if !atEnd {
                try refill()
            } else {
                guard start < end else { return false }
                take(upTo: end, into: &group)
                start = end
                scanned = end
            }
        }
        return true
    }

    private mutating func lineFeed() -> Int? {
        guard let base = buffer.baseAddress, scanned < end else { return nil }
        guard let found = memchr(base + scanned, Int32(UInt8(ascii: "\n")), end - scanned) else {
            scanned = end
            return nil
        }
        return UnsafeMutableRawPointer(found) - base
    }

    private mutating func take(upTo feed: Int, into group: inout LineGroup) {
        number += 1
        var count = feed - start
        if isCut {
            // Too long whatever it ended in.
            count = limit + 1
            isCut = false
        } else if count > 0, buffer[feed - 1] == UInt8(ascii: "\r") {
            count -= 1
        }
        guard count > 0 else { return }
        group.append(UnsafeRawBufferPointer(start: buffer.baseAddress! + start, count: count), number: number)
    }

    private mutating func refill() throws {
        let base = buffer.baseAddress!
        if start > 0 {
            memmove(base, base + start, end - start)
            scanned -= start
            end -= start
            start = 0
        }
        // One more than the limit may yet turn out to be a token and a carriage return.
        if end > limit + 1 {
            isCut = true
            end = limit + 1
            scanned = end
        }
        let received = try file.read(into: base + end, count: buffer.count - end)
        atEnd = received == 0
        end += received
        bytesRead += received
    }
}
