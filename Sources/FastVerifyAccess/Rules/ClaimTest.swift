internal import FastVerify

/// What a single claim must be.
public enum ClaimTest: Sendable {
    /// There, and not null.
    case present
    /// This string.
    case equal(String)
    /// One of these strings.
    case oneOf([String])
    /// An array with this string in it, or the string itself.
    case containing(String)
    /// This integer.
    case number(Int64)
    /// An integer not below this one.
    case atLeast(Int64)
    /// An integer not above this one.
    case atMost(Int64)
    /// `true` or `false`.
    case boolean(Bool)

    /// Allocates nothing.
    func passes(_ value: borrowing ClaimValue) -> Bool {
        switch self {
        case .present: return value.kind != .null
        case .equal(let string): return value.equals(string)
        case .oneOf(let strings):
            for string in strings where value.equals(string) { return true }
            return false
        case .containing(let string): return value.contains(string)
        case .number(let number): return value.integer == number
        case .atLeast(let least): return value.integer.map { $0 >= least } ?? false
        case .atMost(let most): return value.integer.map { $0 <= most } ?? false
        case .boolean(let boolean): return value.boolean == boolean
        }
    }
}
