/// The token in an `Authorization` field (RFC 6750 §2.1, RFC 9449 §7.1), read from its bytes without a copy.
package enum AuthorizationField {
    package enum Reading {
        /// Another scheme, or one that is not taken.
        case none
        /// Where the token stands in the value.
        case token(CredentialScheme, Range<Int>)
        case refused(Refusal)
    }

    /// Linear in the value; allocates nothing. `limit` is in characters of a token.
    package static func read(
        _ value: UnsafeRawBufferPointer, takesBearer: Bool = true, takesProofs: Bool = false, limit: Int
    ) -> Reading {
        var (start, end) = (0, value.count)
        while start < end, isSpace(value[start]) { start += 1 }
        while end > start, isSpace(value[end - 1]) { end -= 1 }
        var place = start
        while place < end, !isSpace(value[place]) { place += 1 }
        guard let scheme = scheme(value, start..<place), scheme == .bearer ? takesBearer : takesProofs else {
            return .none
        }
        while place < end, value[place] == 0x20 { place += 1 }
        guard end - place <= limit else { return .refused(Refusal(.invalidToken, "token_too_large")) }
        guard UnsafeRawBufferPointer(rebasing: value[place..<end]).isB64Token else {
            return .refused(Refusal(.invalidRequest, "malformed_credentials"))
        }
        return .token(scheme, place..<end)
    }

    /// The scheme that a value names, whatever else is in it.
    package static func scheme(of value: String) -> CredentialScheme? {
        var text = String(value.prefix { $0 != " " && $0 != "\t" })
        return text.withUTF8 { scheme(UnsafeRawBufferPointer($0), 0..<$0.count) }
    }

    private static func scheme(_ value: UnsafeRawBufferPointer, _ place: Range<Int>) -> CredentialScheme? {
        switch place.count {
        case 6 where isName(value, place.lowerBound, "bearer"): .bearer
        case 4 where isName(value, place.lowerBound, "dpop"): .dpop
        default: nil
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// `name` in small letters, of ASCII.
    private static func isName(_ value: UnsafeRawBufferPointer, _ start: Int, _ name: StaticString) -> Bool {
        for position in 0..<name.utf8CodeUnitCount
        where value[start + position].lowercased != name.utf8Start[position] { return false }
        return true
    }
}
