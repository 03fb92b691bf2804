internal import FastVerify
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// What all pages have in common.
struct PageLayout: Sendable {
    /// The hidden field of forms.
    static let tokenField = "csrf"
    /// The origin of the pages.
    let site: String
    /// Before all paths, as browsers see them.
    let prefix: String

    /// Host and port, by which people know the place.
    var host: String { site.split(separator: "/").last.map(String.init) ?? site }

    /// - Parameters:
    ///   - user: who is logged in, with the token of the session's forms.
    func page(_ title: HTML, user: (name: String, token: String)? = nil, _ main: HTML) -> HTML {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>\(title) · \(host)</title>
        <link rel="stylesheet" href="\(prefix)/style.css?\(PageStyle.digest)">
        </head>
        <body>
        <header>
        <p class="site"><a href="\(prefix)/">\(host)</a></p>
        \(user.map(account) ?? "")
        </header>
        <main>
        \(main)
        </main>
        </body>
        </html>

        """
    }

    private func account(_ user: (name: String, token: String)) -> HTML {
        """
        <form method="post" action="\(prefix)/logout" class="account">
        <span>Logged in as <strong><bdi>\(user.name)</bdi></strong></span>
        \(hidden(user.token))
        <button>Log out</button>
        </form>
        """
    }

    func hidden(_ token: String) -> HTML { "<input type=\"hidden\" name=\"csrf\" value=\"\(token)\">" }

    /// Its link leads to the right origin whoever came by another name of the host.
    func problemPage(_ problem: PageProblem) -> HTML {
        page(
            "Error",
            """
            <h1>That did not work</h1>
            <p role="alert" class="problem">\(problem.sentence(at: site))</p>
            <p><a href="\(site)\(prefix)/">Go to your sessions</a></p>
            """)
    }

    // MARK: Answers

    func response(_ status: HTTPResponse.Status, _ page: HTML, retryAfter: Int64? = nil) -> Response {
        var fields = fields([.contentType: "text/html; charset=utf-8"])
        fields[.retryAfter] = retryAfter.map { "\($0)" }
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)))
    }

    /// The fields of every answer of the pages.
    func fields(_ others: HTTPFields) -> HTTPFields {
        var fields = others
        // Neither disk nor the way back shows what was on the page after a logout.
        fields[.cacheControl] = "no-store"
        // No script at all, no style but its own, no form to elsewhere.
        fields[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        // With `no-referrer`, which everything else here says, browsers send `Origin: null` with forms (Fetch, "append a request `Origin`
        // header"): nobody could tell those of this site from those of a sandboxed frame. `Sec-Fetch-Site` would tell, but is sent to https
        // and localhost alone.
        fields[HTTPField.Name("Referrer-Policy")!] = "same-origin"
        fields[HTTPField.Name("Cross-Origin-Opener-Policy")!] = "same-origin"
        fields[HTTPField.Name("Cross-Origin-Resource-Policy")!] = "same-origin"
        return fields
    }
}
