internal import FastVerify
internal import HTTPTypes
internal import Hummingbird
internal import TokenService

/// `/api/admin/users/ID/sessions`.
struct AdminSessionRoutes: Sendable {
    let issuer: TokenIssuer

    func add(to group: RouterGroup<IssuerContext>) {
        group.answer(.get) { _, context in
            let sessions = try await issuer.sessions(of: issuer.found(context).id)
            return Response(json: ["sessions": .array(sessions.map { .object($0.members) })])
        }
        group.answer(.delete) { _, context in
            let ended = try await issuer.endAllSessions(of: issuer.found(context).id, by: context.actor)
            return Response(json: ["ended": .integer(Int64(ended))])
        }
        group.answer(.delete, ":session") { _, context in
            let user = try await issuer.found(context)
            guard try await issuer.endSession(context.name("session"), of: user.id, by: context.actor) else {
                throw AuthProblem.notFound
            }
            return Response(status: .noContent)
        }
    }
}

extension Session {
    /// What users and operators see of it.
    var members: [String: TokenClaims.Value] {
        [
            "id": .string(id), "device": .string(label), "createdAt": .integer(createdAt),
            "lastUsedAt": .integer(lastUsedAt), "expiresAt": .integer(expiresAt),
        ]
    }
}
