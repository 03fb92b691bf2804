internal import FastVerify
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The one style sheet. Its address has its digest, so that no browser shows a page in the style of another version.
enum PageStyle {
    static let digest = String(SHA256Digest(of: Array(text.utf8)).base64URL.prefix(12))

    static var response: Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=86400",
                HTTPField.Name("Cross-Origin-Resource-Policy")!: "same-origin",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// Colours have a contrast of 4.5 and more against what they stand on (WCAG 2.2, 1.4.3), edges of controls 3 (1.4.11).
    private static let text = """
        :root {
            color-scheme: light dark;
            --ground: #f6f7f9; --sheet: #ffffff; --ink: #1b1f24; --faint: #59636e; --line: #d5dae0; --edge: #858e99;
            --accent: #0a5bd3; --on-accent: #ffffff; --danger: #b3261e; --danger-ground: #fdeceb; --good: #1a6b37; --good-ground: #e8f5ec;
        }
        @media (prefers-color-scheme: dark) {
            :root {
                --ground: #101317; --sheet: #191d23; --ink: #e7eaee; --faint: #a2acb8; --line: #343b45; --edge: #7b8694;
                --accent: #7db1ff; --on-accent: #0b1b33; --danger: #ff9d94; --danger-ground: #3a1a18; --good: #86d8a0; --good-ground: #16301f;
            }
        }
        *, ::before, ::after { box-sizing: border-box; }
        body {
            margin: 0; background: var(--ground); color: var(--ink);
            font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
            -webkit-text-size-adjust: 100%; overflow-wrap: anywhere;
        }
        header {
            display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between;
            padding: .75rem max(1rem, calc(50vw - 26rem)); background: var(--sheet); border-bottom: 1px solid var(--line);
        }
        header p { margin: 0; }
        .site a { color: inherit; font-weight: 600; text-decoration: none; }
        .account { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; color: var(--faint); }
        .account strong { color: var(--ink); font-weight: 600; }
        main { max-width: 54rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
        h1 { margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.25; letter-spacing: -.01em; }
        a { color: var(--accent); }
        p { max-width: 44rem; margin: 0 0 1rem; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .4rem; }
        button {
            min-height: 2.25rem; padding: .3rem .9rem; border: 1px solid var(--edge); border-radius: .5rem; cursor: pointer;
            background: var(--sheet); color: var(--ink); font: inherit; font-size: .9375rem; font-weight: 500;
        }
        button:hover { border-color: var(--ink); }
        button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
        button.main:hover { filter: brightness(1.08); }
        button.danger { border-color: var(--danger); color: var(--danger); }
        button.danger:hover { background: var(--danger-ground); }
        main:has(.login) { max-width: 24rem; padding-top: min(12vh, 6rem); }
        .login {
            display: grid; gap: .35rem; padding: 1.5rem; background: var(--sheet); border: 1px solid var(--line); border-radius: .75rem;
        }
        label { font-weight: 500; }
        input {
            width: 100%; min-height: 2.75rem; margin-bottom: .75rem; padding: .5rem .75rem; font: inherit;
            border: 1px solid var(--edge); border-radius: .5rem; background: var(--sheet); color: var(--ink);
        }
        input[aria-invalid] { border-color: var(--danger); }
        .login button { min-height: 2.75rem; margin-top: .25rem; font-size: 1rem; }
        .problem, .notice { padding: .7rem 1rem; border: 1px solid; border-radius: .5rem; }
        .problem { background: var(--danger-ground); color: var(--danger); }
        .notice { background: var(--good-ground); color: var(--good); }
        table {
            width: 100%; margin: 0 0 1.25rem; border-collapse: separate; border-spacing: 0; background: var(--sheet);
            border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; text-align: left;
        }
        th, td { padding: .8rem 1rem; border-top: 1px solid var(--line); vertical-align: baseline; }
        thead th { border-top: 0; padding: .55rem 1rem; color: var(--faint); font-size: .8125rem; font-weight: 600; white-space: nowrap; }
        tbody th { font-weight: 600; }
        tbody td { color: var(--faint); white-space: nowrap; }
        td:last-child { text-align: right; }
        small { display: block; margin-top: .15rem; color: var(--faint); font-size: .8125rem; font-weight: 400; line-height: 1.4; }
        .mark {
            display: inline-block; padding: 0 .55rem; border-radius: 1rem; background: var(--good-ground);
            color: var(--good); font-size: .8125rem; font-weight: 600;
        }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .narrow { display: none; }
        @media (max-width: 40rem) {
            table, tbody, tr, tbody th, td { display: block; }
            thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
            tbody tr { padding: .9rem 1rem; border-top: 1px solid var(--line); }
            tbody tr:first-child { border-top: 0; }
            tbody th, tbody td { padding: 0; border: 0; white-space: normal; }
            tbody td { font-size: .875rem; }
            td:last-child { margin-top: .6rem; text-align: left; }
            td:last-child:empty { display: none; }
            .narrow { display: inline; }
            button { min-height: 2.75rem; }
            .account { width: 100%; justify-content: space-between; }
        }
        @media (forced-colors: active) { .mark { border: 1px solid; } }

        """
}
