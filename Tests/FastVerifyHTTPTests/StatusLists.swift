import FastVerify
import Logging
import Metrics

@testable import FastVerifyHTTP

enum StatusLists {
    static let place = "https://id.example/lists/"
    /// Compressed by zlib: 01 00, 00 00, and 64 KiB of zeros.
    static let first = "eNpjZAAAAAQAAg"
    static let none = "eNpjYAAAAAIAAQ"
    static let large =
        "eNrtwQEBAAAAgJD-r-4ICgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGoADwAB"
}

/// Status lists of an issuer, tokens that refer to them, and clocks that stand still.
protocol StatusListSuite {
    var clock: ManualClock { get }
    var wall: WallClock { get }
    /// Of the issuer.
    var keys: KeySource { get }
}

extension StatusListSuite {
    static var issuerKeys: KeySource { KeySource(KeySet(try! JWKSet(json: Array(Issuer.set(0).utf8)))) }

    func list(
        _ uri: String = StatusLists.place + "1", _ text: String = StatusLists.first, more: String = "", key: Int = 0,
        type: String = "statuslist+jwt", iat: Int64 = Issuer.now, issuer: String = Issuer.name
    ) -> String {
        let payload =
            #"{"iss":"\#(issuer)","sub":"\#(uri)","iat":\#(iat)\#(more),"status_list":{"bits":1,"lst":"\#(text)"}}"#
        return Issuer.keys[key].token(payload: Array(payload.utf8), type: type)!
    }

    func response(_ token: String, _ headers: [(name: String, value: String)] = []) -> KeyResponse {
        KeyResponse(
            status: 200, headers: [("content-type", "application/statuslist+jwt")] + headers, body: Array(token.utf8))
    }

    func transport(_ response: KeyResponse) -> ScriptedTransport {
        ScriptedTransport { _ throws(FetchError) in response }
    }

    func lists(
        _ transport: any KeyTransport, _ staleness: StatusListSource.Staleness = .failClosed(after: 600),
        rules: StatusListRules = StatusListRules(refresh: RefreshPolicy(maximumLifetime: .seconds(86_400))),
        places: [String] = [StatusLists.place], metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) throws -> RemoteStatusLists {
        let issuer = StatusListIssuer(Issuer.name, places: places, algorithms: [.es256], keys: keys)
        return try RemoteStatusLists(
            [issuer], staleness: staleness, rules: rules, transport: transport,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: metrics,
            clock: RefreshClock(clock), wallClock: wall.unix)
    }

    /// Why a token with this entry is refused; `nil` when it is accepted.
    func error(_ lists: RemoteStatusLists, _ index: Int = 1, uri: String = StatusLists.place + "1")
        -> VerificationError?
    {
        let verifier = Verifier(Issuer.policy(), keys: keys, clock: wall.unix, statusLists: lists.source)
        let payload =
            #"{"iss":"\#(Issuer.name)","aud":"orders","exp":9999999999,"#
            + #""status":{"status_list":{"idx":\#(index),"uri":"\#(uri)"}}}"#
        return verifier.error(Issuer.keys[0].token(payload: Array(payload.utf8))!)
    }

    /// What `run` does until it would wait.
    @discardableResult
    func tick(_ lists: RemoteStatusLists) async -> [String] {
        let uris = lists.nextFetches().uris
        for uri in uris { await lists.perform(uri) }
        return uris
    }

    func pass(_ seconds: Int64) {
        clock.advance(by: .seconds(seconds))
        wall.advance(by: seconds)
    }
}
