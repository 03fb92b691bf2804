internal import FastVerify
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import TokenService

/// `/api/admin/users`: somebody is named by the id that tokens have as `sub`.
struct AdminUserRoutes: Sendable {
    let issuer: TokenIssuer

    func add(to group: RouterGroup<IssuerContext>) {
        group.answer(.get) { request, _ in try await list(request) }
        group.answer(.post) { request, context in try await add(request, context) }
        group.answer(.get, ":id") { _, context in try await Response(json: issuer.found(context).json) }
        group.answer(.patch, ":id") { request, context in try await change(request, context) }
        group.answer(.put, ":id/password") { request, context in try await setPassword(request, context) }
    }

    /// Where there are more, `next` is what `after` says for them.
    private func list(_ request: Request) async throws -> Response {
        let query = QueryParameters(request)
        let limit = Int(try query.number("limit", in: 1...1000, default: 100))
        let (name, after) = (try query.text("name"), try query.text("after"))
        if let name {
            let user = try await issuer.user(named: name)
            return Response(json: ["users": .array(user.map { [$0.json] } ?? [])])
        }
        let users = try await issuer.users(after: after, limit: limit + 1)
        var members: [String: TokenClaims.Value] = ["users": .array(users.prefix(limit).map(\.json))]
        if users.count > limit { members["next"] = .string(users[limit - 1].name) }
        return Response(json: .object(members))
    }

    // MARK: Adding

    private struct NewUser: Decodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case name, password, roles, permissions, tenant, plan }

        var name: String
        var password: String
        var roles: Member<[String]>
        var permissions: Member<[String]>
        var tenant: Member<String>
        var plan: Member<String>
    }

    private func add(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        let new = try await JSONBody.read(ClosedObject<NewUser, NewUser.CodingKeys>.self, of: &request).value
        let (roles, permissions) = (try new.roles.present("roles"), try new.permissions.present("permissions"))
        try OperatorText.checkName(new.name, "name")
        try OperatorText.checkPassword(new.password)
        try OperatorText.checkWords(roles, "roles")
        try OperatorText.checkWords(permissions, "permissions")
        try OperatorText.checkName(new.tenant.optional, "tenant")
        try OperatorText.checkName(new.plan.optional, "plan")
        let user = try await issuer.addUser(
            name: new.name, password: new.password, roles: roles ?? [], permissions: permissions ?? [],
            tenant: new.tenant.optional, plan: new.plan.optional, by: context.actor)
        var response = Response(status: .created, json: user.json)
        response.headers[.location] = "/api/admin/users/\(user.id)"
        return response
    }

    // MARK: Changing

    private struct Change: Decodable, Sendable {
        enum CodingKeys: String, CodingKey, CaseIterable { case roles, permissions, tenant, plan, disabled }

        var roles: Member<[String]>
        var permissions: Member<[String]>
        var tenant: Member<String>
        var plan: Member<String>
        var disabled: Member<Bool>

        /// RFC 7396: what is absent stays, `null` goes away.
        func apply(to user: inout User) {
            user.roles = roles.or(user.roles)
            user.permissions = permissions.or(user.permissions)
            if case .absent = tenant {} else { user.tenant = tenant.optional }
            if case .absent = plan {} else { user.plan = plan.optional }
            user.isDisabled = disabled.or(user.isDisabled)
        }
    }

    /// A change that changes nothing ends no session.
    private func change(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        let change = try await JSONBody.read(
            ClosedObject<Change, Change.CodingKeys>.self, of: &request,
            as: ["application/merge-patch+json", "application/json"]
        ).value
        try OperatorText.checkWords(change.roles.present("roles"), "roles")
        try OperatorText.checkWords(change.permissions.present("permissions"), "permissions")
        try OperatorText.checkName(change.tenant.optional, "tenant")
        try OperatorText.checkName(change.plan.optional, "plan")
        _ = try change.disabled.present("disabled")
        let user = try await issuer.found(context)
        var changed = user
        change.apply(to: &changed)
        if changed != user {
            changed = try await issuer.changeUser(named: user.name, by: context.actor) { change.apply(to: &$0) }
        }
        return Response(json: changed.json)
    }

    private struct Password: Decodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case password }

        var password: String
    }

    private func setPassword(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        let body = try await JSONBody.read(ClosedObject<Password, Password.CodingKeys>.self, of: &request).value
        try OperatorText.checkPassword(body.password)
        try await issuer.setPassword(
            body.password, ofUserNamed: issuer.found(context).name, by: context.actor)
        return Response(status: .noContent)
    }
}

extension TokenIssuer {
    /// The user of the path.
    func found(_ context: IssuerContext) async throws -> User {
        guard let user = try await user(withID: context.name("id")) else { throw AuthProblem.notFound }
        return user
    }
}

extension User {
    /// Everything but the password.
    fileprivate var json: TokenClaims.Value {
        [
            "id": .string(id), "name": .string(name), "roles": .array(roles.map(TokenClaims.Value.string)),
            "permissions": .array(permissions.map(TokenClaims.Value.string)),
            "tenant": tenant.map(TokenClaims.Value.string) ?? .null,
            "plan": plan.map(TokenClaims.Value.string) ?? .null,
            "disabled": .boolean(isDisabled), "version": .integer(version), "createdAt": .integer(createdAt),
        ]
    }
}
