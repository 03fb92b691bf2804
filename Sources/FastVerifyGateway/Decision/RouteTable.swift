/// Finds the route of a request. Linear in the number of routes; allocates nothing.
struct RouteTable: Sendable {
    /// What of a route decides whether it fits, as bytes.
    private struct Row: Sendable {
        let path: [UInt8]
        let isPrefix: Bool
        let methods: [[UInt8]]
        let hosts: [[UInt8]]
    }

    private let rows: [Row]

    init(_ routes: [RouteConfiguration]) {
        rows = routes.map { route in
            let (text, isPrefix) =
                switch route.path {
                case .prefix(let text): (text, true)
                case .exactly(let text): (text, false)
                }
            // The path itself belongs to a prefix that is written with a final slash, as well.
            let path = isPrefix && text.hasSuffix("/") ? String(text.dropLast()) : text
            return Row(
                path: Array(path.utf8), isPrefix: isPrefix, methods: route.methods.map { Array($0.utf8) },
                hosts: route.hosts.map { Array($0.utf8) })
        }
    }

    /// Position of the first route that fits. `host` may have a port and any case.
    @inline(__always)
    func route(
        path: UnsafeRawBufferPointer, method: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer
    ) -> Int? {
        for position in rows.indices where Self.fits(rows[position], path, method, host) { return position }
        return nil
    }

    @inline(__always)
    private static func fits(
        _ row: borrowing Row, _ path: UnsafeRawBufferPointer, _ method: UnsafeRawBufferPointer,
        _ host: UnsafeRawBufferPointer
    ) -> Bool {
        let size = row.path.count
        guard path.count >= size, row.isPrefix || path.count == size else { return false }
        guard path.count == size || path[size] == UInt8(ascii: "/") else { return false }
        guard row.path.withUnsafeBytes({ $0.elementsEqual(path.prefix(size)) }) else { return false }
        if !row.methods.isEmpty, !row.methods.contains(where: { $0.elementsEqual(method) }) { return false }
        return row.hosts.isEmpty || row.hosts.contains { RequestHost.isSame($0, host) }
    }
}

/// The host a request names: without port and final dot, in whatever case.
enum RequestHost {
    static func name(_ host: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var end = host.count
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") { end = colon }
        if end > 1, host[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return host.slice(0..<end)
    }

    static func isSame(_ lowered: [UInt8], _ host: UnsafeRawBufferPointer) -> Bool {
        let name = name(host)
        return name.count == lowered.count && zip(lowered, name).allSatisfy { $0 == lower($1) }
    }

    static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
