/// Text, tables and charts in order: what a report says, apart from how it is written down.
struct Page {
    enum Block {
        case heading(String)
        case paragraph(String)
        case list([String])
        /// The first `left` columns hold names, the others numbers.
        case table([String], [[String]], left: Int)
        /// The name of the file, without ending, and the picture.
        case chart(String, svg: String)
        case code(String)
    }

    let title: String
    var blocks: [Block] = []

    /// For README.md: charts are files beside it.
    var markdown: String {
        "# \(title)\n\n" + blocks.map(Self.markdown).joined(separator: "\n\n") + "\n"
    }

    private static func markdown(_ block: Block) -> String {
        switch block {
        case .heading(let text): return "## \(text)"
        case .paragraph(let text): return text
        case .list(let items): return items.map { "- \($0)" }.joined(separator: "\n")
        case .chart(let name, _): return "![\(name)](\(name).svg)"
        case .code(let text): return "```\n\(text)\n```"
        case .table(let header, let rows, let left):
            func line(_ cells: [String]) -> String {
                "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
            }
            let rule = header.indices.map { $0 < left ? "---" : "---:" }
            return ([line(header), "|\(rule.joined(separator: "|"))|"] + rows.map(line)).joined(separator: "\n")
        }
    }

    /// One file without a reference to anything outside it.
    var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
        <title>\(SVG.escaped(title))</title><style>\(Self.style)</style></head><body><main>
        <h1>\(SVG.escaped(title))</h1>
        \(html(of: blocks))
        </main></body></html>

        """
    }

    /// Charts that follow each other stand side by side where there is room.
    private func html(of blocks: [Block]) -> String {
        var text = ""
        var isInCharts = false
        for block in blocks {
            let isChart = if case .chart = block { true } else { false }
            if isChart != isInCharts { text += isChart ? "<div class=\"charts\">\n" : "</div>\n" }
            isInCharts = isChart
            text += Self.html(block) + "\n"
        }
        return text + (isInCharts ? "</div>\n" : "")
    }

    private static func html(_ block: Block) -> String {
        switch block {
        case .heading(let text): return "<h2>\(SVG.escaped(text))</h2>"
        case .paragraph(let text): return "<p>\(SVG.escaped(text))</p>"
        case .list(let items): return "<ul>\(items.map { "<li>\(SVG.escaped($0))</li>" }.joined())</ul>"
        case .chart(_, let svg): return "<figure>\(svg)</figure>"
        case .code(let text): return "<pre>\(SVG.escaped(text))</pre>"
        case .table(let header, let rows, let left):
            func line(_ cells: [String], _ element: String) -> String {
                let cells = cells.enumerated().map { place, cell in
                    "<\(element)\(place < left ? "" : " class=\"n\"")>\(SVG.escaped(cell))</\(element)>"
                }
                return "<tr>\(cells.joined())</tr>"
            }
            return "<div class=\"wide\"><table><thead>\(line(header, "th"))</thead><tbody>"
                + rows.map { line($0, "td") }.joined(separator: "\n") + "</tbody></table></div>"
        }
    }

    private static let style = """
        :root{color-scheme:light dark;--text:#1f2328;--quiet:#59636e;--page:#fff;--line:#d1d9e0;--even:#f6f8fa}
        @media(prefers-color-scheme:dark){:root{--text:#e6edf3;--quiet:#9198a1;--page:#0d1117;--line:#30363d;--even:#151b23}}
        body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page)}
        main{max-width:1080px;margin:0 auto;padding:16px}
        h1{font-size:1.6em;line-height:1.25}h2{margin-top:2em;border-bottom:1px solid var(--line);padding-bottom:.2em}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:24px}
        figure{margin:0;max-width:560px}svg{width:100%;height:auto;display:block}
        .wide{overflow-x:auto;margin:16px 0}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
        th,td{padding:4px 10px;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap}
        th{color:var(--quiet);font-weight:600}.n{text-align:right}tbody tr:nth-child(even){background:var(--even)}
        pre{overflow-x:auto;background:var(--even);padding:12px;font-size:12px}
        """
}
