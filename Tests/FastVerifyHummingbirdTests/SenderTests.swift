import AttackCatalogue
import FastVerify
import FastVerifyAccess
import FastVerifyHummingbird
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing

/// Tokens that are bound to their senders, through a router.
struct SenderTests {
    private static let now = CatalogueIssuer.now
    private static let origin = WebOrigin(SenderAttack.origin)!

    private static func policy(
        nonces: ProofNonces? = nil, ingress: Ingress? = nil, rule: AccessRule = .authenticated,
        clock: UnixClock = .fixed(now)
    ) -> AccessPolicy {
        let proofs = ProofVerifier(replays: ReplayWindow(capacity: 4096), nonces: nonces, clock: clock)
        return AccessPolicy(
            ProtectionSpace(realm: "orders"), rule: rule, sender: SenderConstraint(proofs: proofs),
            ingress: ingress ?? Ingress(origin: origin, proxies: .everyPeer, certificate: .clientCert))
    }

    private static func fields(_ attack: SenderAttack) -> HTTPFields {
        var fields: HTTPFields = [.authorization: attack.authorization]
        for proof in attack.proofs { fields.append(HTTPField(name: .dpop, value: proof)) }
        if let certificate = attack.clientCertificate { fields[HTTPField.Name("Client-Cert")!] = certificate }
        return fields
    }

    @Test func everyAttackGetsItsAnswer() async throws {
        try await OrdersAPI.application(Self.policy()).test(.router) { client in
            var answers: [String: Set<Answer>] = [:]
            for attack in SenderAttack.catalogue {
                let answer = try await client.execute(
                    uri: SenderAttack.path, method: .get, headers: Self.fields(attack)
                ) { Answer($0) }
                let status =
                    switch attack.outcome {
                    case .accepted: 200
                    case .malformed: 400
                    case .badToken, .badProof: 401
                    }
                #expect(answer.status == status, "\(attack): \(answer)")
                if attack.outcome == .accepted {
                    #expect(answer.body == "alice", "\(attack)")
                } else {
                    answers["\(attack.outcome) \(attack.authorization.prefix(4))", default: []].insert(answer)
                }
            }
            #expect(answers.count == 4 && answers.values.allSatisfy { $0.count == 1 }, "\(answers)")
            let proof = try #require(answers["badProof DPoP"]?.first)
            #expect(
                proof.fields.contains {
                    $0.hasPrefix(#"WWW-Authenticate: DPoP realm="orders", error="invalid_dpop_proof", algs="RS256 "#)
                }, "\(proof)")
            #expect(proof.fields.contains(#"WWW-Authenticate: Bearer realm="orders""#))
            let token = try #require(answers["badToken Bear"]?.first)
            #expect(token.fields.contains("WWW-Authenticate: \(Answer.badToken)"))
        }
    }

    /// A token that nobody reads is no other bad token: refused in the scheme that it came with.
    @Test(arguments: ["DPoP", "Bearer"]) func tooLongForItsScheme(_ scheme: String) async throws {
        try await OrdersAPI.application(Self.policy()).test(.router) { client in
            var answers: Set<Answer> = []
            for count in [40, 100_000] {
                let token = "\(scheme) \(String(repeating: "a", count: count))"
                let answer = try await client.execute(
                    uri: SenderAttack.path, method: .get, headers: [.authorization: token]
                ) { Answer($0) }
                #expect(answer.status == 401)
                answers.insert(answer)
            }
            #expect(answers.count == 1, "\(answers)")
        }
    }

    @Test func withoutAConstraintBoundTokensAreRefused() async throws {
        let policy = AccessPolicy(
            ProtectionSpace(realm: "orders"), sources: CredentialSources(schemes: [.bearer, .dpop]))
        try await OrdersAPI.application(policy).test(.router) { client in
            for attack in SenderAttack.catalogue where attack.outcome == .accepted {
                let isPlain = attack.name.hasPrefix("a plain token")
                let response = try await client.execute(
                    uri: SenderAttack.path, method: .get, headers: Self.fields(attack))
                #expect(response.status == (isPlain ? .ok : .unauthorized), "\(attack)")
            }
        }
    }

    /// Figures 12 to 14 of RFC 9449. The token of the examples is opaque; here it stands for one that says what they say of it.
    private struct PublishedVerification: TokenVerification {
        static let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
        let verifier = CatalogueIssuer.verifier()

        func verifiedToken(_ token: String) async throws(Refusal) -> VerifiedToken {
            guard token == Self.token else { throw Refusal(.invalidToken, "unknown") }
            let cnf = #","cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}"#
            return try await verifier.verifiedToken(
                CatalogueIssuer.token(payload: CatalogueIssuer.claims.dropLast() + cnf))
        }
    }

    @Test func theExamplesOfTheRFC() async throws {
        let proof =
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
            + "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19."
            + "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRy"
            + "ZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35"
            + "yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
        let policy = Self.policy(
            ingress: Ingress(origin: WebOrigin("https://resource.example.org")), clock: .fixed(1_562_262_619))
        let router = Router(context: AccessContext.self)
        router.add(middleware: BearerAuthenticator(PublishedVerification(), policy))
        router.get("protectedresource") { _, _ in "ok" }
        try await Application(router: router).test(.router) { client in
            let headers: HTTPFields = [.authorization: "DPoP \(PublishedVerification.token)", .dpop: proof]
            for status in [HTTPResponse.Status.ok, .unauthorized] {
                let response = try await client.execute(uri: "/protectedresource", method: .get, headers: headers)
                #expect(response.status == status, "accepted once")
            }
        }
    }

    /// RFC 9449 §8, §9: a nonce is asked for, used, replaced on a success before it ends, and asked for again.
    @Test func nonces() async throws {
        let time = Atomic<Int64>(Self.now)
        let clock = UnixClock { time.load(ordering: .relaxed) }
        let nonces = try ProofNonces(lifetime: 30, clock: clock)
        let policy = Self.policy(nonces: nonces, rule: .scopes("read"), clock: clock)
        try await OrdersAPI.application(policy).test(.router) { client in
            func send(_ nonce: String?, _ path: String = "/orders") async throws -> TestResponse {
                let (authorization, proof) = SenderAttack.request(
                    nonce: nonce, path: path, issuedAt: time.load(ordering: .relaxed))
                return try await client.execute(
                    uri: path, method: .get, headers: [.authorization: authorization, .dpop: proof])
            }
            let asked = try await send(nil)
            let challenge = try #require(asked.headers[values: .wwwAuthenticate].first)
            #expect(asked.status == .unauthorized && challenge.contains(#"error="use_dpop_nonce""#))
            let nonce = try #require(asked.headers[.dpopNonce])
            #expect(try await send("made up").headers[.dpopNonce] == nonce)
            let accepted = try await send(nonce)
            #expect(accepted.status == .ok && accepted.headers[.dpopNonce] == nil)
            time.add(30, ordering: .relaxed)
            let aged = try await send(nonce)
            let next = try #require(aged.headers[.dpopNonce])
            #expect(aged.status == .ok && next != nonce)
            // Whatever becomes of the request after the proof, its client needs the next nonce.
            for (path, status) in [("/scopes", 403), ("/broken", 409), ("/nothing", 404)] {
                let response = try await send(nonce, path)
                #expect(response.status.code == status && response.headers[.dpopNonce] == next, "\(path)")
            }
            time.add(30, ordering: .relaxed)
            let late = try await send(nonce)
            let newest = try #require(late.headers[.dpopNonce])
            #expect(late.status == .unauthorized && newest != next)
            #expect(try await send(newest).status == .ok)
        }
    }

    /// What a client may say about itself counts only where a trusted proxy says it.
    @Test func whoseWordCounts() async throws {
        func status(_ ingress: Ingress, _ more: HTTPFields = [:], certificate: Bool = false) async throws -> Int {
            let attacks = SenderAttack.catalogue
            let attack =
                certificate ? attacks.first { $0.name == "the client's certificate" }! : SenderAttack.fresh()
            return try await OrdersAPI.application(Self.policy(ingress: ingress)).test(.router) { client in
                try await client.execute(
                    uri: SenderAttack.path, method: .get, headers: Self.fields(attack) + more
                ) { $0.status.code }
            }
        }
        let forwarded: HTTPFields = [
            HTTPField.Name("X-Forwarded-Proto")!: "https", HTTPField.Name("X-Forwarded-Host")!: "api.example",
        ]
        #expect(try await status(Ingress(origin: Self.origin)) == 200)
        #expect(try await status(Ingress()) == 401, "the request is for http://localhost")
        #expect(try await status(Ingress(), forwarded) == 401)
        #expect(try await status(Ingress(proxies: .everyPeer), forwarded) == 401)
        #expect(try await status(Ingress(originIsForwarded: true), forwarded) == 401)
        #expect(try await status(Ingress(proxies: .everyPeer, originIsForwarded: true), forwarded) == 200)
        #expect(try await status(Ingress(proxies: .everyPeer, originIsForwarded: true)) == 401)
        #expect(
            try await status(Ingress(proxies: .everyPeer, originIsForwarded: true), forwarded + forwarded) == 401)
        #expect(try await status(Ingress(proxies: .everyPeer, certificate: .clientCert), certificate: true) == 200)
        #expect(try await status(Ingress(certificate: .clientCert), certificate: true) == 401)
        let elsewhere = Ingress(proxies: try TrustedProxies("10.0.0.0/8"), certificate: .clientCert)
        #expect(try await status(elsewhere, certificate: true) == 401)
        #expect(try await status(Ingress(proxies: .everyPeer), certificate: true) == 401, "nobody reads the field")
    }
}
