// Token Status Lists: what is decoded, what a token's status does to it, and when a list is too old.
import Foundation
import Synchronization
import Testing

@testable import FastVerify

@Suite struct StatusListTests {
    private static let uri = "https://id.example/statuslists/1"
    private let wall = AdjustableClock(Fixture.now)
    private let elapsed = AdjustableClock(0)

    /// The examples of draft-ietf-oauth-status-list §4.1 and §4.2.
    static let oneBit = "eNrbuRgAAhcBXQ"
    static let twoBits = "eNo76fITAAPfAgc"

    private func token(
        bits: String = "1", _ list: String = oneBit, type: String = "statuslist+jwt", more: String = "",
        iat: Int64 = Fixture.now
    ) -> String {
        let claims =
            #"{"iss":"\#(Fixture.issuer)","sub":"\#(Self.uri)","iat":\#(iat)\#(more),"#
            + #""status_list":{"bits":\#(bits),"lst":"\#(list)"}}"#
        return Fixture.token(header: #"{"alg":"HS256","kid":"key-HS256","typ":"\#(type)"}"#, payload: claims, .hs256)
    }

    private func list(_ token: String, maxBytes: Int = 1 << 20) throws -> StatusList {
        let policy = ClaimPolicy.statusList(issuer: .exactly(Fixture.issuer), algorithms: [.hs256])
        let verifier = Verifier(policy, keys: KeySource(Fixture.keySet), clock: wall.unix)
        return try StatusList(try verifier.verify(token).claims, maxBytes: maxBytes)
    }

    @Test func examplesOfTheDraft() throws {
        let one = try list(token())
        #expect(one.count == 16 && one.uri == Self.uri && one.bits == 1 && one.expiration == nil)
        #expect((0..<16).map { one.status(at: $0) } == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1])
        #expect(one.status(at: 16) == nil && one.status(at: -1) == nil && one.status(at: .max) == nil)
        let two = try list(token(bits: "2", Self.twoBits, more: #","ttl":43200,"exp":1900000000"#))
        #expect((0..<12).map { two.status(at: $0) } == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3])
        #expect(two.timeToLive == 43200 && two.expiration == 1_900_000_000)
        // The same bytes read otherwise.
        let four = try list(token(bits: "4", Self.twoBits))
        #expect((0..<6).map { four.status(at: $0) } == [9, 12, 4, 4, 9, 15])
        let eight = try list(token(bits: "8", Self.twoBits))
        #expect((0..<4).map { eight.status(at: $0) } == [0xc9, 0x44, 0xf9, nil])
    }

    @Test func malformed() throws {
        for (bits, text) in [
            ("3", Self.oneBit), ("0", Self.oneBit), ("16", Self.oneBit), ("\"1\"", Self.oneBit), ("1.0", Self.oneBit),
        ] {
            #expect(throws: StatusListError.malformedClaims) { try list(token(bits: bits, text)) }
        }
        for more in [#","ttl":0"#, #","ttl":"x""#, #","ttl":-1"#] {
            #expect(throws: StatusListError.malformedClaims) { try list(token(more: more)) }
        }
        for text in ["", "eNrb", Self.oneBit + "==", Self.oneBit + "AA", "ZNrbuRgAAhcBXQ", "eNrbuRgAAhcBXA"] {
            #expect(throws: StatusListError.malformedList) { try list(token(text)) }
        }
        #expect(throws: StatusListError.malformedList) { try list(token(), maxBytes: 1) }
        #expect(throws: VerificationError.wrongType) { try list(token(type: "JWT")) }
        #expect(throws: VerificationError.expired) { try list(token(more: #","exp":1"#)) }
    }

    private func verifier(_ source: StatusListSource, cache: TokenCache? = nil) -> Verifier {
        Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), clock: wall.unix, cache: cache, statusLists: source)
    }

    private func source(_ staleness: StatusListSource.Staleness) -> StatusListSource {
        StatusListSource(staleness: staleness, clock: ElapsedClock { [elapsed] in elapsed.now })
    }

    private func error(
        _ source: StatusListSource, status: String? = nil, idx: Int = 0, uri: String = uri
    ) -> VerificationError? {
        let status = status ?? #"{"status_list":{"idx":\#(idx),"uri":"\#(uri)"}}"#
        let token = Fixture.token(
            payload: Fixture.claims("exp", "9999999999").dropLast() + #","status":\#(status)}"#, .hs256)
        let verifier = verifier(source, cache: TokenCache(bytes: 0))
        let first = Fixture.error(token, verifier)
        #expect(Fixture.error(token, verifier) == first)
        return first
    }

    @Test func statusesOfTokens() throws {
        for staleness in [StatusListSource.Staleness.failOpen, .failClosed(after: 60)] {
            let source = source(staleness)
            let unknown: VerificationError? = staleness == .failOpen ? nil : .revocationUnknown
            #expect(error(source) == unknown)
            source.put(try list(token(bits: "2", Self.twoBits)))
            #expect((0..<4).map { error(source, idx: $0) } == [.revoked, .revoked, nil, .revoked])
            #expect(error(source, idx: 11) == .revoked && error(source, idx: 12) == .revocationUnknown)
            #expect(error(source, uri: Self.uri + "0") == unknown && error(source, uri: "") == unknown)
            #expect(error(source, uri: Self.uri.replacing("/", with: #"\/"#)) == .revoked)
            for status in [
                "1", "null", "[]", #"{"status_list":{}}"#, #"{"status_list":1}"#,
                #"{"status_list":{"idx":-1,"uri":"u"}}"#, #"{"status_list":{"idx":"0","uri":"u"}}"#,
                #"{"status_list":{"idx":1e0,"uri":"u"}}"#, #"{"status_list":{"idx":0,"uri":1}}"#,
                #"{"status_list":{"idx":99999999999999999999,"uri":"u"}}"#,
            ] { #expect(error(source, status: status) == .invalidClaim, "\(status)") }
            #expect(error(source, status: "{}") == unknown)
            #expect(Fixture.error(Fixture.token(.hs256), verifier(source)) == nil)
            source.remove(Self.uri)
            #expect(error(source) == unknown && source.list(at: Self.uri) == nil)
        }
    }

    @Test func listsInForce() throws {
        let source = source(.failClosed(after: 60))
        #expect(source.put(try list(token())))
        #expect(error(source, idx: 1) == nil && error(source, idx: 0) == .revoked)
        // An older list is refused, one of the same moment taken.
        #expect(!source.put(try list(token("eNpjYAAAAAIAAQ", iat: Fixture.now - 1))))
        #expect(error(source, idx: 0) == .revoked)
        #expect(source.put(try list(token("eNpjYAAAAAIAAQ"))))
        #expect(error(source, idx: 0) == nil && source.list(at: Self.uri)?.count == 16)
    }

    /// Whoever fetches lists hears of those that are missing, of tokens that are good up to then, and which are used.
    @Test func missingAndUsedLists() throws {
        let missed = Mutex<[String]>([])
        let source = StatusListSource(staleness: .failClosed(after: 60)) { uri in
            missed.withLock { $0.append(String(decoding: uri, as: UTF8.self)) }
        }
        #expect(error(source) == .revocationUnknown && error(source, uri: #"a\/b"#) == .revocationUnknown)
        #expect(missed.withLock { $0 } == [Self.uri, Self.uri, "a/b", "a/b"])
        #expect(error(source, status: "{}") == .revocationUnknown && error(source, status: "1") == .invalidClaim)
        let expired = Fixture.claims("exp", "1").dropLast() + #","status":{"status_list":{"idx":0,"uri":"x"}}}"#
        #expect(Fixture.error(Fixture.token(payload: String(expired), .hs256), verifier(source)) == .expired)
        #expect(missed.withLock { $0.count } == 4)
        source.put(try list(token()))
        #expect(!source.clearUse(of: Self.uri))
        _ = error(source)
        source.put(try list(token()))
        #expect(source.clearUse(of: Self.uri) && !source.clearUse(of: Self.uri) && !source.clearUse(of: "other"))
        #expect(missed.withLock { $0.count } == 4)
    }

    @Test func tooOld() throws {
        let source = source(.failClosed(after: 60))
        source.put(try list(token(more: #","ttl":100"#)), age: 30)
        elapsed.now += 130
        #expect(error(source, idx: 1) == nil)
        elapsed.now += 1
        #expect(error(source, idx: 1) == .revocationUnknown)
        source.put(try list(token(more: ",\"exp\":\(Fixture.now + 10)")))
        wall.now += 9
        #expect(error(source, idx: 1) == nil)
        wall.now += 1
        #expect(error(source, idx: 1) == .revocationUnknown)
        // Left open, what was last known counts.
        wall.now = Fixture.now
        let open = self.source(.failOpen)
        open.put(try list(token(more: ",\"exp\":\(Fixture.now + 10)")))
        wall.now += 10
        elapsed.now += 1_000_000
        #expect(error(open, idx: 1) == nil && error(open, idx: 0) == .revoked)
    }

    /// Streams of zlib with stored, fixed and dynamic blocks; each shortened and damaged.
    @Test(arguments: ZlibExamples.all) func zlib(_ example: ZlibExamples.Example) throws {
        let bytes = try #require(Array(example.text.utf8).withUnsafeBytes { Base64URL.decode($0) })
        let out = try ZlibStream.decompress(bytes, limit: example.out.count)
        #expect(out == example.out)
        #expect(throws: ZlibStream.Malformed.self) { try ZlibStream.decompress(bytes, limit: example.out.count - 1) }
        #expect(throws: ZlibStream.Malformed.self) { try ZlibStream.decompress(bytes + [0], limit: .max) }
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 50)) {
            #expect(throws: ZlibStream.Malformed.self) {
                try ZlibStream.decompress(Array(bytes[..<count]), limit: 1 << 16)
            }
        }
        var random = SystemRandomNumberGenerator()
        var accepted = 0
        for _ in 0..<100 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            if damaged != bytes, (try? ZlibStream.decompress(damaged, limit: 1 << 16)) != nil { accepted += 1 }
        }
        // Bits that fill the last byte of the blocks may differ.
        #expect(accepted < 10)
    }

    /// A list of a megabyte in a kilobyte costs no more than its limit.
    @Test func zipBomb() throws {
        let bytes = try #require(Array(ZlibExamples.bomb.utf8).withUnsafeBytes { Base64URL.decode($0) })
        #expect(throws: ZlibStream.Malformed.self) { try ZlibStream.decompress(bytes, limit: 10_000) }
        #expect(try ZlibStream.decompress(bytes, limit: 1 << 20) == [UInt8](repeating: 0, count: 1 << 20))
    }
}
