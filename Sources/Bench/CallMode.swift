/// How the library is called.
enum CallMode: String, Codable, CaseIterable {
    /// One call a token.
    case single
    /// Many tokens in a call.
    case batch
}
