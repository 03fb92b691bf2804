public import HTTPTypes
internal import FastVerify

/// Where a request says whose data it is about.
public enum TenantSource: Sendable, Hashable {
    /// A parameter of the route's path, as the handler sees it: where a server leaves it encoded, so does the rule.
    case pathParameter(String)
    /// The label before this suffix of the host, e.g. `acme` of `acme.api.example` before `api.example`. Lower case; exactly
    /// one label.
    case hostLabel(before: String)
    /// A field that must stand once. Only where every client may name its tenant itself or a proxy sets the field.
    case field(HTTPField.Name)

    private static let host = HTTPField.Name("Host")!

    /// - Throws: `invalidRequest` where the request names two; `forbidden` where it names none.
    func tenant(of request: borrowing AccessRequest) throws(Refusal) -> String {
        var name: String?
        switch self {
        case .pathParameter(let parameter): name = request.pathParameters[parameter]
        case .hostLabel(let suffix):
            // What is left of a second `Host` (RFC 9112 §3.2).
            guard !request.fields.contains(Self.host) else { throw Refusal(.invalidRequest, "host_repeated") }
            name = request.authority.flatMap { Self.label(of: $0, before: suffix) }
        case .field(let field):
            let values = request.fields[values: field]
            guard values.count < 2 else { throw Refusal(.invalidRequest, "tenant_repeated") }
            name = values.first
        }
        guard let name, !name.isEmpty else { throw Refusal(.forbidden, "tenant_absent") }
        return name
    }

    /// `nil` for an address, for a host of another domain and for more labels than one.
    private static func label(of authority: String, before suffix: String) -> String? {
        let host = authority.utf8.prefix { $0 != UInt8(ascii: ":") }.map(\.lowercased)
        let tail = ("." + suffix.drop { $0 == "." }).utf8.map(\.lowercased)
        guard tail.count > 1, host.count > tail.count, host.suffix(tail.count).elementsEqual(tail) else { return nil }
        let label = host.dropLast(tail.count)
        let isLabel = label.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
        }
        return isLabel ? String(decoding: label, as: UTF8.self) : nil
    }

    func check(_ claims: borrowing ClaimSet, _ path: [String], _ request: borrowing AccessRequest) throws(Refusal) {
        let tenant = try tenant(of: request)
        guard let claim = claims[path: path], claim.equals(tenant) else {
            throw Refusal(.forbidden, "other_tenant")
        }
    }
}
