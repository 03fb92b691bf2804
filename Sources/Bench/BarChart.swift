/// Horizontal bars in groups, as SVG.
struct BarChart {
    struct Bar {
        let label: String
        let value: Double
        /// Ours, drawn in colour; others are grey.
        let isOwn: Bool
    }

    struct Group {
        /// Above the bars; none where it is empty.
        let name: String
        let bars: [Bar]
    }

    let title: String
    let axis: Axis.Kind
    let groups: [Group]

    private static let width = 480.0
    private static let left = 184.0
    private static let right = 56.0
    private static let row = 19.0

    /// Colours follow the reader's light or dark setting; widths follow the page, down to 320 pixels.
    var svg: String {
        let axis = Axis(axis, groups.flatMap(\.bars).map(\.value))
        let span = Self.width - Self.left - Self.right
        var body = ""
        var y = 30.0
        for group in groups {
            if !group.name.isEmpty {
                y += 6
                body += SVG.text(group.name, x: 0, y: y + 12, "strong")
                y += Self.row
            }
            for bar in group.bars {
                let length = max(1, axis.place(bar.value) * span)
                body += SVG.text(bar.label, x: Self.left - 8, y: y + 13, bar.isOwn ? "end own-text" : "end")
                body += SVG.rectangle(
                    x: Self.left, y: y + 3, width: length, height: Self.row - 6, bar.isOwn ? "own" : "bar")
                body += SVG.text(Axis.short(bar.value), x: Self.left + length + 5, y: y + 13, "quiet")
                y += Self.row
            }
        }
        var grid = ""
        for tick in axis.ticks {
            let x = Self.left + axis.place(tick) * span
            grid += SVG.line((x, 26), (x, y), "grid") + SVG.text(Axis.short(tick), x: x, y: y + 14, "middle quiet")
        }
        return SVG.document(
            title, width: Self.width, height: y + 22, SVG.text(title, x: 0, y: 14, "strong") + grid + body)
    }
}

/// The few elements that charts are made of.
enum SVG {
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    static func text(_ text: String, x: Double, y: Double, _ style: String) -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" class=\"\(style)\">\(escaped(text))</text>"
    }

    static func rectangle(x: Double, y: Double, width: Double, height: Double, _ style: String) -> String {
        "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\" rx=\"2\" "
            + "class=\"\(style)\"/>"
    }

    static func line(_ from: (Double, Double), _ to: (Double, Double), _ style: String) -> String {
        "<path d=\"M\(number(from.0)) \(number(from.1))L\(number(to.0)) \(number(to.1))\" class=\"\(style)\"/>"
    }

    static func polyline(_ points: [(Double, Double)], _ style: String) -> String {
        let path = points.enumerated().map {
            "\($0.offset == 0 ? "M" : "L")\(number($0.element.0)) \(number($0.element.1))"
        }
        return "<path d=\"\(path.joined())\" class=\"\(style)\"/>"
            + points.map { "<circle cx=\"\(number($0.0))\" cy=\"\(number($0.1))\" r=\"2.5\" class=\"\(style) dot\"/>" }
            .joined()
    }

    static func number(_ value: Double) -> String {
        let text = Report.decimal(value, 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    static func document(_ title: String, width: Double, height: Double, _ body: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" role="img" \
        aria-label="\(escaped(title))"><style>\(style)</style>\(body)</svg>

        """
    }

    /// Colours with a contrast of 4.5 to 1 and more for text on white and on #0d1117.
    private static let style = """
        text{font:12px system-ui,sans-serif;fill:#1f2328}.strong{font-weight:600}.end{text-anchor:end}\
        .middle{text-anchor:middle}.quiet{fill:#59636e}.own-text{fill:#0550ae;font-weight:600}.own{fill:#0969da}\
        .bar{fill:#afb8c1}.grid{stroke:#d1d9e0;fill:none}\(lines(light: true))\
        @media(prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9198a1}.own-text{fill:#79c0ff}\
        .own{fill:#388bfd}.bar{fill:#59636e}.grid{stroke:#30363d}\(lines(light: false))}
        """

    /// How many lines of a chart can be told apart.
    static let lineColours = 8

    private static func lines(light: Bool) -> String {
        let colours =
            light
            ? ["#0969da", "#bc4c00", "#1a7f37", "#8250df", "#cf222e", "#9a6700", "#0a7d8c", "#bf3989"]
            : ["#58a6ff", "#f0883e", "#3fb950", "#bc8cff", "#ff7b72", "#d29922", "#39c5cf", "#f778ba"]
        return colours.enumerated().map { place, colour in
            ".l\(place){stroke:\(colour);fill:none;stroke-width:1.5}.l\(place).dot,.t\(place){fill:\(colour);stroke:none}"
        }.joined()
    }
}
