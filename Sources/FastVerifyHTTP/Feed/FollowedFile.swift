internal import FastVerify
internal import NIOPosix

/// A file that grows, read from where the last look ended.
///
/// It is opened anew for each look, so that a file renamed over it is seen. The last bytes that were read are held against
/// what stands in their place now: a file that was cut short and has grown again is not taken for its continuation.
final class FollowedFile: Sendable {
    struct Piece: Sendable {
        /// It begins at the beginning of a file that has not been read yet.
        let isNew: Bool
        let bytes: [UInt8]
        var isLast: Bool { bytes.count < FollowedFile.pieceBytes }
    }

    private struct Place {
        var identity: TrustedFile.Identity?
        var offset = 0
        /// What stands before `offset`.
        var tail: [UInt8] = []
    }

    static let pieceBytes = 256 << 10
    private static let tailBytes = 64

    let path: String
    private let place = WaitingLock(Place())
    /// What has been read of the last line.
    let lines = WaitingLock(TextLines(limit: RevocationFeedReader.longestLine))

    init(_ path: String) { self.path = path }

    /// What follows what was read before. Blocks.
    func read() throws(FeedError.FileFailure) -> Piece {
        do throws(TrustedFile.Failure) {
            return try place.withLock { place throws(TrustedFile.Failure) in try Self.read(path, &place) }
        } catch {
            throw FeedError.FileFailure(rawValue: error.rawValue)!
        }
    }

    /// The next look begins at the beginning.
    func startOver() { place.withLock { $0 = Place() } }

    private static func read(_ path: String, _ place: inout Place) throws(TrustedFile.Failure) -> Piece {
        let file = try TrustedFile(path)
        var isSame = place.identity == file.identity && file.size >= place.offset
        if isSame {
            isSame = try file.read(from: place.offset - place.tail.count, atMost: place.tail.count) == place.tail
        }
        if !isSame { place = Place(identity: file.identity) }
        let bytes = try file.read(from: place.offset, atMost: pieceBytes)
        place.offset += bytes.count
        place.tail = Array((place.tail + bytes.suffix(tailBytes)).suffix(tailBytes))
        return Piece(isNew: !isSame, bytes: bytes)
    }
}

extension RevocationFeed {
    /// Reads to the end of the file as it is.
    func look(at file: FollowedFile) async -> Ending {
        // What broke the numbers off stays the reason until a snapshot has mended it.
        var failure = condition.withLock { $0.lastError }
        while !Task.isCancelled {
            let time = wallClock.now
            let result = try? await NIOThreadPool.singleton.runIfActive {
                Result { () throws(FeedError.FileFailure) in try file.read() }
            }
            switch result {
            case .success(let piece):
                if let error = take(piece, of: file) { failure = error }
                guard piece.isLast else { continue }
                // A line that has not ended may be one that is being written.
                confirm(stated: nil, contact: time)
                if failure == .full { file.startOver() }
                return ending().mapError { FeedFailure(failure ?? $0.reason) }
            case .failure(let failure): return .failure(FeedFailure(.file(failure)))
            case nil: return .failure(FeedFailure(.file(.unreadable)))
            }
        }
        return .failure(FeedFailure(.fetch(.cancelled)))
    }

    /// Takes all lines of a piece in; the first error, but that rules come without a snapshot after one.
    private func take(_ piece: FollowedFile.Piece, of file: FollowedFile) -> FeedError? {
        if piece.isNew {
            file.lines.withLock { $0 = TextLines(limit: $0.limit) }
            condition.withLock { $0.replica.restart(wholeLog: true) }
        }
        var failure: FeedError?
        file.lines.withLock { lines in
            piece.bytes.span.bytes.withUnsafeBytes { bytes in
                lines.take(bytes) { line in
                    if let text = line.text, text.isEmpty { return }
                    do throws(FeedError) {
                        try take(line.text, Contact())
                    } catch {
                        if error != .noSnapshot { failure = failure ?? error }
                    }
                }
            }
        }
        return failure
    }
}
