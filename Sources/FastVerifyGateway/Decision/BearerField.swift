internal import FastVerifyAccess
internal import HTTPTypes

/// The token of a request that may carry it in `Authorization` alone, without a copy: what `CredentialSources` of FastVerifyAccess says
/// with its defaults, which a test holds it to.
enum BearerField {
    @inline(__always)
    static func read(_ value: UnsafeRawBufferPointer, count: Int, limit: Int) -> AuthorizationField.Reading {
        guard count == 1 else { return .refused(Refusal(.invalidRequest, "authorization_repeated")) }
        return AuthorizationField.read(value, limit: limit)
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
