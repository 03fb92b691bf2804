/// Reads JSON objects that are no tokens, such as messages of a connection, under the rules that tokens obey: strict, no name
/// twice, bounded depth and members. The memory is kept for the next text; any number of threads may read at once.
package final class JSONReaders: Sendable {
    private let idle: IdleBatches

    /// `maxMembers` bounds the member names over all levels of one text.
    package init(maxMembers: Int) { idle = IdleBatches(maxMembers: maxMembers) }

    /// Lends the members of `text` to `body`. Linear in the text, whose length the caller has bounded and whose bytes must not
    /// change meanwhile. Nobody has vouched for what it says.
    package func read<T>(
        _ text: UnsafeRawBufferPointer, _ body: (borrowing ClaimSet) -> T
    ) throws(VerificationError) -> T {
        try idle.withBatch { batch throws(VerificationError) in
            batch.arena.reset()
            let object = try batch.scan(text)
            return body(ClaimSet(object, ownedBy: object))
        }
    }
}
