internal import TokenService

/// A user's sessions, each with a button that ends it.
struct SessionsPage {
    /// Rows of the list, the last used first; a program that logs in all day has more sessions than anybody reads.
    static let longest = 100

    let presence: Presence
    let sessions: [Session]
    let notice: PageRoutes.Notice?
    let formToken: String

    fileprivate var message: HTML? {
        switch notice {
        case .ended: "The session has ended."
        case .othersEnded: "All other sessions have ended."
        case .gone: "That session had ended already."
        case .loggedIn, .loggedOut, nil: nil
        }
    }
}

extension PageLayout {
    func sessionsPage(_ page: SessionsPage) -> HTML {
        let current = page.presence.session.id
        // This one comes first, whatever the others did meanwhile.
        let sessions =
            page.sessions.filter { $0.id == current } + page.sessions.filter { $0.id != current }
        let message: HTML = page.message.map { "<p role=\"status\" class=\"notice\">\($0)</p>" } ?? ""
        let rest = sessions.count - SessionsPage.longest
        let more: HTML = rest > 0 ? "<p>And \(Int64(rest)) more, used less recently.</p>" : ""
        let others: HTML =
            sessions.count > 1
            ? """
            <form method="post" action="\(prefix)/sessions/end-others">
            \(hidden(page.formToken))
            <button class="danger">End all other sessions</button>
            </form>
            """ : "<p>There are no others.</p>"
        // The roles are said once more because a table that is laid out otherwise, as it is on narrow screens, loses them in some browsers.
        return self.page(
            "Sessions", user: (page.presence.user.name, page.formToken),
            """
            <h1>Your sessions</h1>
            \(message)
            <p>Each login on a device is a session. End those that you do not recognise: what they have obtained stops working at once.</p>
            <table role="table">
            <caption class="hidden">Open sessions, this one first, then the last used</caption>
            <thead role="rowgroup">
            <tr role="row"><th role="columnheader" scope="col">Device</th><th role="columnheader" scope="col">Last used</th><th
             role="columnheader" scope="col">Logged in</th><th role="columnheader" scope="col"><span class="hidden">End</span></th></tr>
            </thead>
            <tbody role="rowgroup">
            \(sessions.prefix(SessionsPage.longest).map { row($0, page) })</tbody>
            </table>
            \(more)
            \(others)
            """)
    }

    private func row(_ session: Session, _ page: SessionsPage) -> HTML {
        let isCurrent = session.id == page.presence.session.id
        let name = AgentName.short(session.label)
        let label: HTML =
            session.label.isEmpty || session.label == name ? "" : "<small><bdi>\(session.label)</bdi></small>"
        let client: HTML = session.clientID.map { "<small>Application <bdi>\($0)</bdi></small>" } ?? ""
        let mark: HTML = isCurrent ? " <span class=\"mark\">this browser</span>" : ""
        let end: HTML =
            isCurrent
            ? ""
            : """
            <form method="post" action="\(prefix)/sessions/\(session.id)/end">
            \(hidden(page.formToken))
            <button aria-label="End the session of \(name)">End</button>
            </form>
            """
        let current: HTML = isCurrent ? " aria-current=\"true\"" : ""
        return """
            <tr role="row"\(current)>
            <th role="rowheader" scope="row">\(name)\(mark)\(label)\(client)</th>
            <td role="cell"><span class="narrow">Last used </span>\(PageTime.ago(session.lastUsedAt, now: page.presence.at))</td>
            <td role="cell"><span class="narrow">Logged in </span>\(PageTime.ago(session.createdAt, now: page.presence.at))</td>
            <td role="cell">\(end)</td>
            </tr>

            """
    }
}
