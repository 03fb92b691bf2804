import FastVerify

/// Claims that many tokens share, and what makes each of them different.
struct ClaimTemplate {
    private let shared: JSONMembers
    private let numbersSubject: Bool
    private let generatesTokenID: Bool

    /// A `jti` that is given serves one token only: with it, tokens of a deterministic algorithm would be the same.
    init(_ shared: JSONMembers, count: Int, generatesTokenID: Bool) throws {
        guard count <= 1 || shared["jti"] == nil else { throw Failure("a fixed jti cannot serve --count \(count)") }
        self.shared = shared
        self.generatesTokenID = generatesTokenID && shared["jti"] == nil
        numbersSubject = count > 1 && shared["sub"] == nil
    }

    /// The payload of one token, as JSON.
    func payload(_ number: Int) -> [UInt8] {
        var members = shared
        if numbersSubject { members["sub"] = "\"subject-\(number + 1)\"" }
        if generatesTokenID { members["jti"] = "\"\(TokenSigner.tokenID())\"" }
        return Array(members.json.utf8)
    }
}
