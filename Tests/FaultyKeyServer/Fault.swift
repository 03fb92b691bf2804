/// The ways in which a key server fails, each as one answer to every request.
public enum Fault: String, Sendable, CaseIterable {
    case hanging, hangingAfterHead, drippingHead, drippingBody, reset, resetInBody, closedAtOnce, serverError,
        tooManyRequests
    case truncated, truncatedChunk, endlessBody, endlessHead, endlessChunkExtension, endlessTrailer, declaredHuge,
        manyHeaders
    case wrongContentType, noContentType, garbage, notHTTP, emptyBody, deepJSON, notASet, keysOfWrongType, onlySecrets
    case duplicateMembers, tooManyKeys, invalidUTF8
    case gzipBomb, unaskedNotModified, noContent, partialContent
    case redirectLoop, redirectElsewhere, redirectToFile, redirectToOtherPort, redirectToNowhere, redirectWithUserinfo

    private static let type = ("Content-Type", "application/json")
    private static let set = Array(#"{"keys":[]}"#.utf8)

    public var reply: KeyServerReply {
        switch self {
        case .hanging: .bytes([], .hold)
        case .hangingAfterHead: .bytes(KeyServerReply.head(200, [Self.type, ("Content-Length", "100")]), .hold)
        case .drippingHead: .drip(KeyServerReply.head(200, [Self.type]), milliseconds: 50)
        case .drippingBody:
            .drip(KeyServerReply.head(200, [Self.type, ("Content-Length", "11")]) + Self.set, milliseconds: 50)
        case .reset: .bytes([], .reset)
        case .resetInBody:
            .bytes(KeyServerReply.head(200, [Self.type, ("Content-Length", "11")]) + Self.set.prefix(5), .reset)
        case .closedAtOnce: .bytes([], .close)
        case .serverError: .response(500)
        case .tooManyRequests: .response(429, [("Retry-After", "120")])
        case .truncated:
            .bytes(KeyServerReply.head(200, [Self.type, ("Content-Length", "12")]) + Self.set, .close)
        case .truncatedChunk: .bytes(Self.chunked + Array("b\r\n".utf8) + Self.set + Array("\r\n".utf8), .close)
        case .endlessBody: .endless(KeyServerReply.head(200, [Self.type]), repeating: Self.blank)
        case .endlessHead:
            .endless(
                Array("HTTP/1.1 200 x\r\n".utf8),
                repeating: Array("X-A: \(String(repeating: "a", count: 500))\r\n".utf8))
        case .endlessChunkExtension:
            .endless(Self.chunked + Array("1;a".utf8), repeating: Array(repeating: 0x61, count: 4096))
        case .endlessTrailer:
            .endless(
                Self.chunked + Array("b\r\n".utf8) + Self.set + Array("\r\n0\r\n".utf8),
                repeating: Array("X-A: \(String(repeating: "a", count: 500))\r\n".utf8))
        case .declaredHuge:
            .bytes(KeyServerReply.head(200, [Self.type, ("Content-Length", "99999999999")]) + Self.set, .hold)
        case .manyHeaders:
            .response(200, [Self.type] + (0..<200).map { ("X-\($0)", String(repeating: "a", count: 300)) }, Self.set)
        case .wrongContentType: .response(200, [("Content-Type", "text/html")], Self.set)
        case .noContentType: .response(200, [], Self.set)
        case .garbage: .json("<html>not found</html>")
        case .notHTTP: .bytes(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8), .close)
        case .emptyBody: .json("")
        case .deepJSON: .json(#"{"keys":"# + String(repeating: "[", count: 100_000))
        case .notASet: .json("{}")
        case .keysOfWrongType: .json(#"{"keys":{}}"#)
        case .onlySecrets: .json(#"{"keys":[{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}"#)
        case .duplicateMembers: .json(#"{"keys":[],"keys":[]}"#)
        case .tooManyKeys: .json(#"{"keys":["# + Array(repeating: "{}", count: 1001).joined(separator: ",") + "]}")
        case .invalidUTF8: .response(200, [Self.type], Array(#"{"keys":[],"x":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
        // 10 MiB of zeros would need 10 KiB; whoever does not decompress sees neither.
        case .gzipBomb:
            .response(200, [Self.type, ("Content-Encoding", "gzip")], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3])
        case .unaskedNotModified: .response(304, [("ETag", "\"never\"")])
        case .noContent: .bytes(KeyServerReply.head(204, []), .close)
        case .partialContent: .response(206, [Self.type], Self.set)
        case .redirectLoop: .response(302, [("Location", "/again")])
        case .redirectElsewhere: .response(302, [("Location", "https://other.example/keys")])
        case .redirectToFile: .response(302, [("Location", "file:///etc/passwd")])
        case .redirectToOtherPort: .response(307, [("Location", "http://127.0.0.1:1/keys")])
        case .redirectToNowhere: .response(301, [])
        case .redirectWithUserinfo: .response(302, [("Location", "http://user@127.0.0.1/")])
        }
    }

    private static let blank = [UInt8](repeating: 0x20, count: 16 << 10)
    private static let chunked = KeyServerReply.head(200, [type, ("Transfer-Encoding", "chunked")])
}
