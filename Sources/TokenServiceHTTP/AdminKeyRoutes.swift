internal import FastVerify
internal import HTTPTypes
internal import Hummingbird
internal import TokenService

/// `/api/admin/keys`, and `/api/admin/revocations` for whatever has to be taken back.
struct AdminKeyRoutes: Sendable {
    let issuer: TokenIssuer

    func add(to group: RouterGroup<IssuerContext>) {
        group.answer(.get, "keys") { _, _ in keys }
        group.answer(.post, "keys") { _, context in
            guard let kid = try await issuer.keys.rotate(by: context.actor) else {
                throw AuthProblem.conflict("The next key is published already.")
            }
            var response = keys
            response.status = .created
            response.headers[.location] = "/api/admin/keys/\(kid)"
            return response
        }
        group.answer(.delete, "keys/:kid") { _, context in
            guard try await issuer.keys.revoke(context.name("kid"), by: context.actor) else {
                throw AuthProblem.notFound
            }
            return Response(status: .noContent)
        }
        group.answer(.post, "revocations") { request, context in try await revoke(request, context) }
    }

    /// What the key set shows anyway, and when each signs.
    private var keys: Response {
        Response(
            json: [
                "keys": .array(
                    issuer.keys.keys.map { key in
                        [
                            "kid": .string(key.kid), "algorithm": .string(key.algorithm), "state": .string(key.state),
                            "activatesAt": .integer(key.activatesAt), "retiresAt": .integer(key.retiresAt),
                        ]
                    })
            ])
    }

    private struct TakenBack: Decodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case kind, id }
        enum Kind: String, Decodable { case token, session, user, tenant, key }

        var kind: Kind
        var id: String

        var target: TokenIssuer.Revocable {
            switch kind {
            case .token: .token(id: id)
            case .session: .session(id: id)
            case .user: .user(id: id)
            case .tenant: .tenant(id)
            case .key: .key(kid: id)
            }
        }
    }

    private func revoke(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        let body = try await JSONBody.read(ClosedObject<TakenBack, TakenBack.CodingKeys>.self, of: &request).value
        try OperatorText.checkName(body.id, "id")
        guard try await issuer.revoke(body.target, by: context.actor) else { throw AuthProblem.notFound }
        return Response(status: .noContent)
    }
}
