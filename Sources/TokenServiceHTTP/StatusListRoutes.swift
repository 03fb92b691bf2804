internal import FastVerify
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import TokenService

/// Status lists for verifiers that fetch them (draft-ietf-oauth-status-list-21 §8, §9.1). They name nobody, so they are for anybody.
struct StatusListRoutes: Sendable {
    let issuer: TokenIssuer

    func add(to router: Router<IssuerContext>) {
        let group = router.group("status-lists")
        group.get { _, context in
            await context.answer {
                let lists = try await issuer.statusLists()
                return Response(json: ["status_lists": .array(lists.map(TokenClaims.Value.string))])
            }
        }
        group.get(":list") { request, context in
            // A list of another time is not kept (§8.4).
            guard request.uri.queryParameters["time"] == nil else { return Response(status: .notImplemented) }
            return await context.answer { try await list(context) }
        }
    }

    private func list(_ context: IssuerContext) async throws -> Response {
        let text = try context.parameters.require("list")
        guard let number = Int64(text), number >= 0, "\(number)" == text,
            let token = try await issuer.statusList(number)
        else { throw AuthProblem.notFound }
        // The list's own `ttl` is what counts; caches on the way must not add to it.
        let fields: HTTPFields = [.contentType: "application/statuslist+jwt", .cacheControl: "public, max-age=1"]
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: token)))
    }
}
