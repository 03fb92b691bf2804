internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHummingbird
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import TokenService

/// The revocation feed that `RevocationFeed` follows: server-sent events, or long polls, by what the client accepts.
///
/// It names sessions and tokens, so it is for verifiers that have been registered: clients with the scope `revocations:read`, by
/// their secret (`Authorization: Basic`), which does not expire while a feed is followed, or by a token.
struct RevocationRoutes: Sendable {
    let issuer: TokenIssuer
    let ingress: Ingress
    /// Seconds between comments or heartbeats.
    var heartbeat: Int64 = 10

    func add(to router: Router<IssuerContext>) {
        let policy = AccessPolicy(
            ProtectionSpace(realm: "token service"), rule: .scopes(TokenIssuer.revocationReading), ingress: ingress)
        router.group("revocations").add(middleware: ClientSecretAccess(routes: self))
            .add(middleware: BearerAuthenticator(OwnTokens(issuer: issuer), policy))
            .get { request, context in await context.answer { try await answer(request) } }
    }

    func answer(_ request: Request) async throws -> Response {
        let accepts = request.headers[values: .accept].joined(separator: ",")
        if accepts.contains("text/event-stream") { return events(request) }
        let since = request.uri.queryParameters["since"].flatMap { RevocationPosition(String($0)) }
        let wait = min(60, max(0, request.preferredWait))
        let news = try await news(since, wait)
        guard !news.lines.isEmpty else { return Response(status: .noContent, headers: [.cacheControl: "no-store"]) }
        return Response(
            status: .ok, headers: [.contentType: "application/jsonl", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: news.lines.joined(separator: "\n") + "\n")))
    }

    /// Ends the wait when the server shuts down.
    private func news(_ position: RevocationPosition?, _ wait: Int64) async throws -> RevocationNews {
        do {
            return try await cancelWhenGracefulShutdown {
                try await issuer.revocationNews(since: position, waitingUpTo: wait)
            }
        } catch is CancellationError {
            return try await issuer.revocationNews(since: position, waitingUpTo: 0)
        }
    }

    /// Every event has the position after it as its `id`, so that a client that comes again goes on there.
    private func events(_ request: Request) -> Response {
        let last = request.headers[values: HTTPField.Name("Last-Event-ID")!].first.flatMap { RevocationPosition($0) }
        let body = ResponseBody { writer in
            var position = last
            var wait: Int64 = 0
            while !Task.isShuttingDownGracefully {
                // Without a position a snapshot comes at once, though it may be empty.
                let news = try await news(position, wait)
                (position, wait) = (news.position, heartbeat)
                var text = ""
                // An event of a feed has 1 MiB at most.
                for chunk in news.lines.chunked(bytes: 256 << 10) {
                    for line in chunk { text += "data: \(line)\n" }
                    text += "id: \(news.position.text)\n\n"
                }
                if news.lines.isEmpty { text = "data: \(news.heartbeat)\nid: \(news.position.text)\n\n" }
                try await writer.write(ByteBuffer(string: text))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
    }
}

/// Answers clients that show their secret; all others are left to who stands behind.
private struct ClientSecretAccess: RouterMiddleware {
    let routes: RevocationRoutes

    func handle(
        _ request: Request, context: IssuerContext, next: (Request, IssuerContext) async throws -> Response
    ) async throws -> Response {
        guard request.only(.authorization)?.lowercased().hasPrefix("basic ") == true else {
            return try await next(request, context)
        }
        do {
            guard let basic = try BasicCredential.read(request) else { return try await next(request, context) }
            let client = try await routes.issuer.authenticate(
                .secret(id: basic.id, secret: basic.secret), at: routes.issuer.rules.issuer,
                from: routes.ingress.clientAddress(of: request.head, from: context.peer))
            guard client.scopes.contains(TokenIssuer.revocationReading) else { throw OAuthError.unauthorizedClient }
            return try await routes.answer(request)
        } catch let error as OAuthError {
            return error.response
        } catch let refusal as IssuerRefusal {
            return OAuthError(refusal, usedBasic: true).response
        } catch {
            context.logger.error("Request failed", metadata: ["error": "\(error)"])
            return OAuthError.unavailable.response
        }
    }
}

extension Request {
    /// `wait` of `Prefer` (RFC 7240 §4.3), in seconds.
    fileprivate var preferredWait: Int64 {
        let preferences = headers[values: HTTPField.Name("Prefer")!].flatMap { $0.split(separator: ",") }
        for preference in preferences {
            let parts = preference.split(separator: "=").map { $0.drop { $0 == " " } }
            if parts.count == 2, parts[0].lowercased() == "wait", let seconds = Int64(parts[1]) { return seconds }
        }
        return 0
    }
}

extension [String] {
    /// Pieces of at most so many bytes, each of one element at least.
    fileprivate func chunked(bytes limit: Int) -> [[String]] {
        var (chunks, size): ([[String]], Int) = ([], 0)
        for line in self {
            if chunks.isEmpty || size + line.utf8.count > limit {
                chunks.append([])
                size = 0
            }
            chunks[chunks.count - 1].append(line)
            size += line.utf8.count
        }
        return chunks
    }
}
