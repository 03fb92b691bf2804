import FastVerifyAccess
import HTTPTypes
import Testing

/// A browser at the pages: it keeps cookies and says where its forms come from.
struct Visitor {
    static let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    static let site = HTTPField.Name("Sec-Fetch-Site")!

    let scene: EndpointScene
    var cookies: [String: String] = [:]
    var origin: String? = EndpointScene.origin.description
    var fetchSite: String? = "same-origin"

    init(_ scene: EndpointScene) { self.scene = scene }

    private var fields: HTTPFields {
        var fields: HTTPFields = [.userAgent: Self.agent]
        if !cookies.isEmpty { fields[.cookie] = cookies.map { "\($0)=\($1)" }.joined(separator: "; ") }
        return fields
    }

    mutating func get(_ path: String = "/") async throws -> EndpointScene.Answer {
        keep(try await scene.send(.get, path, fields))
    }

    mutating func post(_ path: String, _ body: String) async throws -> EndpointScene.Answer {
        var fields = fields
        fields[.origin] = origin
        fields[Self.site] = fetchSite
        return keep(try await scene.form(path, body, fields))
    }

    mutating func login(_ name: String = "alice", _ password: String = EndpointScene.password) async throws
        -> EndpointScene.Answer
    {
        try await post("/login", "username=\(name)&password=\(password.replacing(" ", with: "+"))")
    }

    /// The hidden field of the page.
    mutating func token() async throws -> String {
        let page = try await get().text
        let start = try #require(page.firstRange(of: "name=\"csrf\" value=\"")?.upperBound)
        return String(page[start...].prefix { $0 != "\"" })
    }

    private mutating func keep(_ answer: EndpointScene.Answer) -> EndpointScene.Answer {
        for field in answer.fields[values: .setCookie] {
            let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            cookies[String(pair[0])] = field.contains("Max-Age=0") ? nil : String(pair[1])
        }
        return answer
    }
}
