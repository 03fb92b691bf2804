// Keys in a file, for a start without network.
import FastVerify
import Foundation
import Testing

@testable import FastVerifyHTTP

@Suite struct KeySnapshotTests {
    private let clock = ManualClock()
    private let folder: URL
    private var path: String { folder.appendingPathComponent("keys").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("snapshot-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func keys(_ transport: ScriptedTransport, at time: Int64 = Issuer.now) -> RemoteJWKSet {
        .test(transport, clock, snapshotPath: path, time: time)
    }

    private func saved(_ headers: [(String, String)] = [("ETag", "\"a\"")]) async -> RemoteJWKSet {
        let keys = keys(ScriptedTransport(Issuer.set(0), headers))
        await keys.tick()
        return keys
    }

    @Test func coldStart() async throws {
        _ = await saved()
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let dead = ScriptedTransport { _ throws(FetchError) in throw .connectionFailed }
        let keys = keys(dead, at: Issuer.now + 100)
        await keys.restoreSnapshot()
        #expect(keys.isReady && keys.state.origin == .snapshot && keys.state.age == .seconds(100))
        #expect(Issuer.verifier(keys).error(Issuer.token(0)) == nil)
        // The first fetch is due all the same, and asks for a confirmation.
        #expect(await keys.tick() == .fetch(.start))
        #expect(dead.requests[0].header("if-none-match") == "\"a\"" && keys.state.lastError == .connectionFailed)
        #expect(keys.isReady && keys.state.dropsIn == .seconds(600 + 4 * 3600 - 100))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["keys"])
    }

    @Test(arguments: [600 + 4 * 3600, -301, Int64.max - Issuer.now, -Issuer.now] as [Int64])
    func tooOldOrFromTheFuture(_ later: Int64) async {
        _ = await saved()
        let keys = keys(ScriptedTransport(""), at: Issuer.now + later)
        await keys.restoreSnapshot()
        #expect(!keys.isReady && Issuer.verifier(keys).error(Issuer.token(0)) == .keyNotFound)
    }

    /// Confirming rewrites the time; `no-store` takes the file away.
    @Test func followsTheAnswers() async throws {
        let first = await saved()
        let later = keys(ScriptedTransport { _ throws(FetchError) in KeyResponse(status: 304) }, at: Issuer.now + 50)
        await later.restoreSnapshot()
        await later.tick()
        #expect(try KeySnapshot.read(path, limit: 1 << 20).time == Issuer.now + 50)
        #expect(first.state.keys == later.state.keys && later.state.origin == .network)
        let forbidden = keys(ScriptedTransport(Issuer.set(0), [("Cache-Control", "no-store")]))
        await forbidden.tick()
        #expect(!FileManager.default.fileExists(atPath: path) && forbidden.isReady)
    }

    /// Keys that have moved while nobody looked are not confirmed by a tag of the old place; while the metadata cannot be
    /// had, the old place is asked.
    @Test func movedKeys() async throws {
        let document = Issuer.name + "/.well-known/openid-configuration"
        let tag = "\"1\""
        func transport(_ place: String?) -> ScriptedTransport {
            ScriptedTransport { request throws(FetchError) in
                guard request.url == document else {
                    guard request.header("if-none-match") != tag else { return KeyResponse(status: 304) }
                    return ScriptedTransport.json(Issuer.set(0), [("ETag", tag)])
                }
                guard let place else { throw .connectionFailed }
                return ScriptedTransport.json(#"{"issuer":"\#(Issuer.name)","jwks_uri":"\#(place)"}"#)
            }
        }
        let location = try KeySetLocation.issuer(Issuer.name)
        func start(_ transport: ScriptedTransport) async -> RemoteJWKSet {
            let keys = RemoteJWKSet.test(transport, clock, at: location, snapshotPath: path)
            await keys.restoreSnapshot()
            await keys.tick()
            #expect(keys.isReady && keys.state.lastError == nil)
            return keys
        }
        _ = await start(transport("https://id.example/old"))
        let same = transport("https://id.example/old")
        _ = await start(same)
        #expect(same.requests.map { $0.header("if-none-match") } == [nil, tag])
        let moved = transport("https://id.example/new")
        _ = await start(moved)
        #expect(moved.requests.map { $0.header("if-none-match") } == [nil, nil])
        let silent = transport(nil)
        #expect(await start(silent).state.keysURL == "https://id.example/new")
        #expect(silent.requests.map { $0.header("if-none-match") } == [nil, tag])
    }

    @Test func anotherSourceIsNotTrusted() async {
        _ = await saved()
        let other = RemoteJWKSet.test(
            ScriptedTransport(""), clock, at: try! .url("https://other.example/keys"), snapshotPath: path)
        await other.restoreSnapshot()
        #expect(!other.isReady)
    }

    @Test func unsafeFiles() async throws {
        _ = await saved()
        let manager = FileManager.default
        for mode in [0o620, 0o602, 0o666] {
            try manager.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            #expect(throws: KeySnapshot.Failure.unsafe) { try KeySnapshot.read(path, limit: 1 << 20) }
        }
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(throws: KeySnapshot.Failure.tooLarge) { try KeySnapshot.read(path, limit: -9000) }
        let link = folder.appendingPathComponent("link").path
        try manager.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(throws: KeySnapshot.Failure.unsafe) { try KeySnapshot.read(link, limit: 1 << 20) }
        #expect(throws: KeySnapshot.Failure.unsafe) { try KeySnapshot.read(folder.path, limit: 1 << 20) }
        #expect(throws: KeySnapshot.Failure.absent) { try KeySnapshot.read(path + "x", limit: 1 << 20) }
        #expect(throws: KeySnapshot.Failure.unwritable) {
            try KeySnapshot(source: "s", time: 0, lifetime: 0, entityTag: nil, keys: []).write(path + "/x")
        }
        // A link in the file's place is replaced, not followed.
        try KeySnapshot(source: "s", time: 1, lifetime: 2, entityTag: nil, keys: [3]).write(link)
        #expect(try KeySnapshot.read(link, limit: 100).source == "s")
        #expect(try KeySnapshot.read(path, limit: 1 << 20).source != "s")
    }

    /// What is in the file is checked like any answer: no secrets, no garbage, in force or not at all.
    @Test func contentIsChecked() async throws {
        for text in ["", "{", #"{"keys":[{"kty":"oct","k":"\#(String(repeating: "A", count: 43))"}]}"#] {
            try KeySnapshot(
                source: "url https://id.example/keys", time: Issuer.now, lifetime: 100, entityTag: nil,
                keys: Array(text.utf8)
            ).write(path)
            let keys = keys(ScriptedTransport(""))
            await keys.restoreSnapshot()
            #expect(!keys.isReady && keys.state.keys.isEmpty)
        }
    }

    @Test func format() throws {
        let snapshot = KeySnapshot(
            source: "url x", time: 5, lifetime: 7, entityTag: "W/\"a\"", url: "https://x/", keys: Array("{}\n\n".utf8))
        #expect(KeySnapshot(snapshot.text) == snapshot)
        let text = String(decoding: snapshot.text, as: UTF8.self)
        for (old, new) in [
            ("keys 1", "keys 2"), ("time: 5", "time: -5"), ("time: 5", "time: x"), ("time: 5\n", ""),
            ("source: ", "source:"),
            ("lifetime: 7", "lifetime: 99999999999999999999"), ("time: 5", "time: 5\ntime: 6"), ("\n\n{}\n\n", ""),
        ] {
            #expect(KeySnapshot(Array(text.replacing(old, with: new, maxReplacements: 1).utf8)) == nil, "\(new)")
        }
        for end in 0..<text.utf8.firstRange(of: "\n\n".utf8)!.upperBound.utf16Offset(in: text) {
            #expect(KeySnapshot(Array(text.utf8.prefix(end))) == nil)
        }
        #expect(KeySnapshot([0xFF] + snapshot.text) == nil)
    }
}
