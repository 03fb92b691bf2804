/// Why a rule was not added, or a text about rules not read.
public enum RevocationError: Error, Sendable, Hashable {
    /// The set holds as many rules and issuers as it may. Nothing was dropped for this one.
    case full
    /// An identifier of more than 2,048 bytes.
    case identifierTooLong
    /// Not a JSON object, not one of the forms of `RevocationEvent`, or longer than 32 KiB.
    case malformedEvent
    /// Not a snapshot, or one of a version that is not understood.
    case unknownSnapshot
    /// A snapshot that ends before its last line, or whose last line counts other rules than there are.
    case incompleteSnapshot
}

/// Where a text of many lines went wrong. What stood before that line has been applied.
public struct RevocationLineError: Error, Sendable, Hashable {
    /// Counted from 1.
    public let line: Int
    public let reason: RevocationError
}
