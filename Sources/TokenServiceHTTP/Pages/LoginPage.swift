/// The form by which people log in.
struct LoginPage {
    var notice: PageRoutes.Notice?
    /// Whether the browser came with the cookie of a session that is over.
    var hadSession = false
    var problem: PageProblem?
    /// What was typed before.
    var name = ""

    fileprivate func message(_ layout: PageLayout) -> HTML? {
        if let problem {
            return "<p role=\"alert\" class=\"problem\" id=\"problem\">\(problem.sentence(at: layout.site))</p>"
        }
        if hadSession {
            return "<p role=\"status\" class=\"notice\">Your session has ended. Log in again to see the others.</p>"
        }
        switch notice {
        case .loggedIn:
            return """
                <p role="alert" class="problem" id="problem">Your browser has not kept the cookie of the session. It must accept cookies, and
                the page needs https, unless it is on localhost.</p>
                """
        case .loggedOut: return "<p role=\"status\" class=\"notice\">You are logged out.</p>"
        case .ended, .othersEnded, .gone, nil: return nil
        }
    }
}

extension PageLayout {
    func loginPage(_ login: LoginPage) -> HTML {
        let isWrong = login.problem == .wrongLogin
        let described: HTML = login.problem == nil ? "" : " aria-describedby=\"problem\""
        let marks: HTML = isWrong ? " aria-invalid=\"true\"\(described)" : described
        // Whoever was wrong types the password again; the name stays.
        let (first, second): (HTML, HTML) = login.name.isEmpty ? (" autofocus", "") : ("", " autofocus")
        return page(
            login.problem == nil ? "Log in" : "Error: Log in",
            """
            <h1>Log in</h1>
            \(login.message(self) ?? "")
            <form method="post" action="\(prefix)/login" class="login">
            <label for="username">User name</label>
            <input id="username" name="username" value="\(login.name)" autocomplete="username" autocapitalize="none" autocorrect="off"
             spellcheck="false" required\(marks)\(first)>
            <label for="password">Password</label>
            <input id="password" name="password" type="password" autocomplete="current-password" required\(marks)\(second)>
            <button class="main">Log in</button>
            </form>
            """)
    }
}
