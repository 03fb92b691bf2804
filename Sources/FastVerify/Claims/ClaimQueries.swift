/// Questions to claims that are answered from the text of the token, without a copy.
extension ClaimSet {
    /// `sid`, the session (OpenID Connect Front-Channel Logout 1.0 §3).
    public var sessionID: String? { object.member(.sid)?.string }

    /// The value at the end of a path of member names, from the top inwards, e.g. `["realm_access", "roles"]`; `nil` where
    /// the path is empty, a name is absent or something on the way is no object.
    public subscript(path path: [String]) -> ClaimValue? {
        @_lifetime(copy self)
        get {
            guard let first = path.first, var value = member(first) else { return nil }
            for var name in path.dropFirst() {
                guard let next = name.withUTF8({ value.member(named: $0) }) else { return nil }
                value = next
            }
            return _overrideLifetime(ClaimValue(value, ownedBy: self), copying: self)
        }
    }

    /// Whether `scope` or `scp` grants a scope (RFC 6749 §3.3): one of the words of a string or of the elements of an array.
    /// A claim of another type grants nothing. Allocates nothing.
    public func grants(scope: String) -> Bool {
        var scope = scope
        return scope.withUTF8 { wanted in
            (try? object.member(.scope)?.grants(wanted)) ?? false || (try? object.member(.scp)?.grants(wanted)) ?? false
        }
    }

    private func member(_ name: String) -> JSONValue? {
        var name = name
        return name.withUTF8 { object.member(named: $0) }
    }
}

extension ClaimValue {
    /// Whether this is the string, or an array that has it as an element. Bytes are compared. Allocates nothing.
    public func contains(_ string: String) -> Bool {
        var string = string
        return string.withUTF8 { wanted in
            guard kind == .array else { return value.isString(wanted) }
            var found = false
            value.forEach { element in
                found = element.isString(wanted)
                return !found
            }
            return found
        }
    }

    /// Seconds since 1970-01-01 UTC, rounded down (NumericDate, RFC 7519 §2); `nil` for another kind and beyond Int64.
    public var numericDate: Int64? { value.floor }
}
