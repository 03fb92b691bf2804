internal import FastVerifyAccess
internal import HTTPTypes

/// The token in an `Authorization` field (RFC 6750 §2.1), without a copy. Says exactly what `CredentialSources` of FastVerifyAccess says
/// with its defaults, which a test holds it to.
enum BearerField {
    enum Reading {
        case none
        /// Where the token stands in the value.
        case token(Range<Int>)
        case refused(Refusal)
    }

    @inline(__always)
    static func read(_ value: UnsafeRawBufferPointer, count: Int, limit: Int) -> Reading {
        guard count == 1 else { return .refused(Refusal(.invalidRequest, "authorization_repeated")) }
        var end = 0
        while end < value.count, value[end] != 0x20, value[end] != 0x09 { end += 1 }
        guard value.slice(0..<end).equalsIgnoringCase("bearer") else { return .none }
        while end < value.count, value[end] == 0x20 { end += 1 }
        let token = end..<value.count
        guard token.count <= limit else { return .refused(Refusal(.invalidToken, "token_too_large")) }
        guard isToken(value.slice(token)) else { return .refused(Refusal(.invalidRequest, "malformed_credentials")) }
        return .token(token)
    }

    @inline(__always)
    private static func isToken(_ text: UnsafeRawBufferPointer) -> Bool {
        var end = 0
        while end < text.count, ByteClass.bearer.contains(text[end]) { end += 1 }
        guard end > 0 else { return false }
        while end < text.count, text[end] == UInt8(ascii: "=") { end += 1 }
        return end == text.count
    }

    /// Refuses a target with a token in its query (RFC 6750 §2.3, OAuth 2.1 §5.1.1), however its name is written.
    @inline(__always)
    static func refusal(ofTarget target: UnsafeRawBufferPointer) -> Refusal? {
        guard let query = target.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        let text = target.slice(query + 1..<target.count)
        guard mayNameToken(text) else { return nil }
        let path = "/?" + String(decoding: text, as: UTF8.self)
        let request = HTTPRequest(method: .get, scheme: nil, authority: nil, path: path)
        do throws(Refusal) {
            _ = try CredentialSources().credential(of: request)
            return nil
        } catch {
            return error
        }
    }

    private static func mayNameToken(_ query: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while start <= query.count {
            var end = start
            var isEncoded = false
            while end < query.count, query[end] != UInt8(ascii: "&"), query[end] != UInt8(ascii: "=") {
                isEncoded = isEncoded || query[end] == UInt8(ascii: "%")
                end += 1
            }
            if isEncoded || query.slice(start..<end).elementsEqual("access_token".utf8) { return true }
            while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
            start = end + 1
        }
        return false
    }
}
