import FastVerifyHummingbird
import HTTPTypes
import Hummingbird
import Synchronization

/// A site whose sessions live in cookies, for a browser to use and another site to attack. It writes down what arrives.
struct BrowserSite {
    private static let claims =
        #"{"iss":"https://id.example","aud":"site","sub":"alice","exp":99999999999}"#

    /// What arrived: method, path, the names of cookies and the status of the answer on a line each.
    private final class Record: Sendable {
        let lines = Mutex<[String]>([])
    }

    private struct Recorder<Context: RequestContext>: RouterMiddleware {
        let record: Record

        func handle(
            _ request: Request, context: Context, next: (Request, Context) async throws -> Response
        ) async throws -> Response {
            let cookies = request.headers[values: .cookie].joined(separator: ";").split(separator: ";")
            let names = cookies.map { $0.prefix { $0 != "=" }.filter { $0 != " " } }.sorted()
            func write(_ status: HTTPResponse.Status) {
                let line = "\(request.method) \(request.uri.path) \(names.joined(separator: ",")) \(status.code)"
                record.lines.withLock { $0.append(line) }
            }
            do {
                let response = try await next(request, context)
                write(response.status)
                return response
            } catch let error as any HTTPResponseError {
                write(error.status)
                throw error
            }
        }
    }

    static func application(port: Int) throws -> some ApplicationProtocol {
        let origin = WebOrigin("http://localhost:\(port)")!
        let csrf = CSRFGuard(origins: [origin], tokens: try CSRFTokens(), formField: "csrf")
        let session = TokenCookie(guardedBy: csrf)
        let key = try SigningKey(generate: .es256, keyID: "site")
        let token = key.token(payload: Array(claims.utf8))!
        let keys = KeySource(KeySet(try JWKSet(json: Array(#"{"keys":[\#(key.publicJWK)]}"#.utf8))))
        let verifier = Verifier(
            ClaimPolicy(issuer: "https://id.example", audience: "site", algorithms: [.es256]), keys: keys)
        let record = Record()

        let router = Router(context: AccessContext.self)
        router.get("/") { _, _ in Self.page }
        router.get("record") { _, _ in record.lines.withLock { $0.joined(separator: "\n") } }
        router.add(middleware: Recorder(record: record))
        for (path, cookie) in [("login", session), ("login-everywhere", TokenCookie(guardedBy: csrf, sameSite: .none))]
        {
            router.post(RouterPath(path)) { request, _ in
                try csrf.checkOrigin(of: request.head)
                return Response(status: .noContent, headers: try cookie.fields(token: token, maximumAge: 900))
            }
        }
        router.post("logout") { _, _ in Response(status: .noContent, headers: try session.deletions()) }
        let policy = AccessPolicy(ProtectionSpace(realm: "site"), sources: CredentialSources(cookie: session))
        router.add(middleware: BearerAuthenticator(verifier, policy))
        router.get("me") { _, context in try context.requireIdentity().subject ?? "" }
        router.post("orders") { _, context in "ordered for \(try context.requireIdentity().subject ?? "")" }
        return Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("localhost", port: port)))
    }

    private static var page: Response {
        Response(
            status: .ok, headers: [.contentType: "text/html"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "<!doctype html><title>site</title>")))
    }
}

@main struct BrowserSiteProgram {
    static func main() async throws {
        guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
            print("browser-site PORT")
            return
        }
        try await BrowserSite.application(port: port).runService()
    }
}
