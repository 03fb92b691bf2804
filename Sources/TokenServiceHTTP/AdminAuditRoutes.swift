internal import FastVerify
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import TokenService

/// `/api/admin/audit`: a page of the log as NDJSON, or whether its chain is whole.
struct AdminAuditRoutes: Sendable {
    let issuer: TokenIssuer

    func add(to group: RouterGroup<IssuerContext>) {
        group.answer(.get) { request, _ in
            let query = QueryParameters(request)
            let first = try query.number("from", in: 1...Int64.max, default: 1)
            let limit = Int(try query.number("limit", in: 1...1000, default: 100))
            let lines = try await issuer.auditLines(from: first, limit: limit)
            return Response(
                status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: lines.map { "\($0)\n" }.joined())))
        }
        group.answer(.get, "check") { _, _ in try await check() }
    }

    /// Reads the whole log. A broken chain is an answer, not a failure.
    private func check() async throws -> Response {
        do {
            guard let head = try await issuer.checkAuditLog() else { return Response(json: ["state": "empty"]) }
            return Response(
                json: ["state": "whole", "number": .integer(head.number), "chain": .string(head.chain)])
        } catch let damage as AuditLog.Damage {
            let (state, number): (TokenClaims.Value, Int64) =
                switch damage {
                case .changed(let number): ("changed", number)
                case .missing(let number): ("missing", number)
                }
            return Response(json: ["state": state, "number": .integer(number)])
        }
    }
}
