internal import FastVerify
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import TokenService

/// `/api/admin/clients`. A secret is in the answer that made it, and in no other.
struct AdminClientRoutes: Sendable {
    let issuer: TokenIssuer

    func add(to group: RouterGroup<IssuerContext>) {
        group.answer(.get) { request, _ in try await list(request) }
        group.answer(.post) { request, context in try await add(request, context) }
        group.answer(.get, ":id") { _, context in try await Response(json: .object(found(context).members)) }
        group.answer(.patch, ":id") { request, context in try await change(request, context) }
    }

    private func found(_ context: IssuerContext) async throws -> Client {
        guard let client = try await issuer.client(withID: context.name("id")) else { throw AuthProblem.notFound }
        return client
    }

    private func list(_ request: Request) async throws -> Response {
        let query = QueryParameters(request)
        let limit = Int(try query.number("limit", in: 1...1000, default: 100))
        let clients = try await issuer.clients(after: query.text("after"), limit: limit + 1)
        var members: [String: TokenClaims.Value] = [
            "clients": .array(clients.prefix(limit).map { .object($0.members) })
        ]
        if clients.count > limit { members["next"] = .string(clients[limit - 1].id) }
        return Response(json: .object(members))
    }

    private struct NewClient: Decodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case id, grants, scopes, audiences, jwks }

        var id: Member<String>
        var grants: Member<[Client.Grant]>
        var scopes: Member<[String]>
        var audiences: Member<[String]>
        var jwks: Member<JSONValue>
    }

    private func add(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        let new = try await JSONBody.read(ClosedObject<NewClient, NewClient.CodingKeys>.self, of: &request).value
        let (id, keys) = (try new.id.present("id"), try new.jwks.present("jwks"))
        let (scopes, audiences) = (try new.scopes.present("scopes"), try new.audiences.present("audiences"))
        let grants = try new.grants.present("grants")
        try OperatorText.checkWords(id.map { [$0] }, "id", longest: OperatorText.longestName)
        try OperatorText.checkWords(scopes, "scopes")
        try OperatorText.checkWords(audiences, "audiences", longest: OperatorText.longestName)
        let (client, secret) = try await issuer.addClient(
            id: id, keys.map { .keys($0.json) } ?? .secret,
            grants: grants.map { Set($0) } ?? Set(Client.Grant.allCases),
            scopes: scopes ?? [], audiences: audiences ?? [], by: context.actor)
        var members = client.members
        if let secret { members["secret"] = .string(secret) }
        var response = Response(status: .created, json: .object(members))
        let unreserved = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
        let name = client.id.addingPercentEncoding(withAllowedCharacters: unreserved) ?? client.id
        response.headers[.location] = "/api/admin/clients/\(name)"
        return response
    }

    private struct Change: Decodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case disabled }

        var disabled: Member<Bool>
    }

    private func change(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        let change = try await JSONBody.read(
            ClosedObject<Change, Change.CodingKeys>.self, of: &request,
            as: ["application/merge-patch+json", "application/json"]
        ).value
        var client = try await found(context)
        if let disabled = try change.disabled.present("disabled"), disabled != client.isDisabled {
            try await issuer.setClient(client.id, isDisabled: disabled, by: context.actor)
            client.isDisabled = disabled
        }
        return Response(json: .object(client.members))
    }
}

extension Client.Grant: Decodable {}

extension Client {
    /// Everything but secret and keys.
    fileprivate var members: [String: TokenClaims.Value] {
        [
            "id": .string(id), "authentication": .string(authentication.rawValue),
            "grants": .array(grants.map(\.rawValue).sorted().map(TokenClaims.Value.string)),
            "scopes": .array(scopes.map(TokenClaims.Value.string)),
            "audiences": .array(audiences.map(TokenClaims.Value.string)), "disabled": .boolean(isDisabled),
            "createdAt": .integer(createdAt),
        ]
    }
}

/// An object of which this API knows no more, such as a JWK Set.
struct JSONValue: Decodable, Sendable {
    private let value: TokenClaims.Value

    var json: String { value.json ?? "null" }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(String.self) {
            self.value = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self.value = .boolean(value)
        } else if let value = try? container.decode(Int64.self) {
            self.value = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self.value = .number(value)
        } else if let values = try? container.decode([JSONValue].self) {
            value = .array(values.map(\.value))
        } else if let members = try? container.decode([String: JSONValue].self) {
            value = .object(members.mapValues(\.value))
        } else {
            value = .null
        }
    }
}
