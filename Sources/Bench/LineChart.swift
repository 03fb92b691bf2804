/// Lines over a few places on the x axis, with a logarithmic y axis, as SVG.
struct LineChart {
    struct Line {
        let label: String
        /// One value for each place; `nil` where there is none.
        let values: [Double?]
    }

    let title: String
    /// What stands under the places, from left to right.
    let places: [String]
    let lines: [Line]

    private static let width = 480.0
    private static let height = 300.0
    private static let left = 46.0
    private static let right = 92.0
    private static let top = 30.0
    private static let bottom = 24.0
    private static let labelHeight = 13.0

    /// A label stands at the right end of its line; labels that would touch move apart.
    var svg: String {
        let axis = Axis(.logarithmic, lines.flatMap(\.values).compactMap { $0 })
        let span = (Self.width - Self.left - Self.right, Self.height - Self.top - Self.bottom)
        func x(_ place: Int) -> Double { Self.left + Double(place) / Double(max(1, places.count - 1)) * span.0 }
        func y(_ value: Double) -> Double { Self.top + (1 - axis.place(value)) * span.1 }
        var body = SVG.text(title, x: 0, y: 14, "strong")
        for tick in axis.ticks {
            body += SVG.line((Self.left, y(tick)), (Self.left + span.0, y(tick)), "grid")
            body += SVG.text(Axis.short(tick), x: Self.left - 6, y: y(tick) + 4, "end quiet")
        }
        for (place, name) in places.enumerated() {
            body += SVG.text(name, x: x(place), y: Self.height - 6, "middle quiet")
        }
        var labels: [(y: Double, line: Int)] = []
        for (place, line) in lines.enumerated() {
            let points = line.values.enumerated().compactMap { at, value in value.map { (x(at), y($0)) } }
            guard let last = points.last else { continue }
            body += SVG.polyline(points, "l\(place % SVG.lineColours)")
            labels.append((last.1, place))
        }
        for label in Self.apart(labels, Self.labelHeight, within: Self.top...Self.height - Self.bottom) {
            body += SVG.text(
                lines[label.line].label, x: Self.left + span.0 + 8, y: label.y + 4,
                "t\(label.line % SVG.lineColours)")
        }
        return SVG.document(title, width: Self.width, height: Self.height, body)
    }

    /// Moves what lies closer than `distance` apart, downwards first and from the lower end up again.
    static func apart(
        _ labels: [(y: Double, line: Int)], _ distance: Double, within bounds: ClosedRange<Double>
    ) -> [(y: Double, line: Int)] {
        var moved = labels.sorted { ($0.y, $0.line) < ($1.y, $1.line) }
        for place in moved.indices.dropFirst() { moved[place].y = max(moved[place].y, moved[place - 1].y + distance) }
        var limit = bounds.upperBound
        for place in moved.indices.reversed() {
            moved[place].y = min(moved[place].y, limit)
            limit = moved[place].y - distance
        }
        return moved
    }
}
