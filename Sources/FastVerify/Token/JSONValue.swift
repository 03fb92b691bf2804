internal import CScan

/// Names and kinds as CScan numbers them.
typealias MemberName = fvs_name
typealias JSONKind = fvs_kind

/// One JSON object that CScan has accepted, with its members: pointers into an arena or a caller's buffer, valid as long
/// as that memory is.
package struct JSONObject {
    package let text: UnsafePointer<UInt8>
    package let count: Int
    let object: UnsafePointer<fvs_object>

    /// Number of members.
    var memberCount: Int { Int(object.pointee.member_count) }

    /// The member at a position in the order of the text.
    @inline(__always)
    subscript(position: Int) -> JSONValue { JSONValue(text: text, member: object.pointee.members[position]) }

    /// The member with this name, recognised or not; linear in their number.
    func member(named name: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        for position in 0..<memberCount where self[position].isNamed(name) { return self[position] }
        return nil
    }

    /// The member with a recognised name.
    @inline(__always)
    func member(_ name: MemberName) -> JSONValue? {
        // The index is a C array, a tuple in Swift; this is its address.
        let position = UnsafeRawPointer(object).load(
            fromByteOffset: MemoryLayout<fvs_object>.offset(of: \.index)! + Int(name.rawValue) * 2, as: UInt16.self)
        return position == 0 ? nil : JSONValue(text: text, member: object.pointee.members[Int(position) - 1])
    }
}

/// One value inside accepted JSON text.
struct JSONValue {
    private let text: UnsafePointer<UInt8>
    private let member: fvs_member

    init(text: UnsafePointer<UInt8>, member: fvs_member) {
        self.text = text
        self.member = member
    }

    /// A whole text that has been accepted as an object.
    init(object text: UnsafePointer<UInt8>, count: Int) {
        self.text = text
        member = fvs_member(
            name_offset: 0, name_count: 0, value_offset: 0, value_count: UInt32(count),
            kind: UInt8(FVS_OBJECT.rawValue), name: 0, name_escaped: false, value_escaped: false)
    }

    @inline(__always) var kind: JSONKind { fvs_kind(UInt32(member.kind)) }
    /// Whether a backslash stands in the string.
    @inline(__always) var isEscaped: Bool { member.value_escaped }
    @inline(__always) var bytes: UnsafePointer<UInt8> { text + Int(member.value_offset) }
    @inline(__always) var count: Int { Int(member.value_count) }
    @inline(__always) var isString: Bool { kind == FVS_STRING }

    /// Whether this is a string that, unescaped, has exactly these bytes.
    @inline(__always)
    func isString(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        isString && fvs_string_equals(bytes, count, member.value_escaped, other.baseAddress, other.count)
    }

    /// The unescaped string; `nil` for any other kind. Allocates.
    var string: String? { isString ? Self.string(bytes, count, escaped: member.value_escaped) : nil }

    /// The name of the member, unescaped. Allocates.
    var name: String {
        Self.string(text + Int(member.name_offset), Int(member.name_count), escaped: member.name_escaped)
    }

    @inline(__always)
    func isNamed(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        fvs_string_equals(
            text + Int(member.name_offset), Int(member.name_count), member.name_escaped, other.baseAddress, other.count)
    }

    /// Whether a number is written with digits and a sign only.
    var isInteger: Bool { kind == FVS_NUMBER && fvs_number_is_integer(bytes, count) }

    /// Writes the unescaped string, at most `count` bytes, and returns its size.
    func unescape(into out: UnsafeMutablePointer<UInt8>) -> Int {
        if isEscaped { return fvs_unescape(bytes, count, out) }
        out.update(from: bytes, count: count)
        return count
    }

    /// The greatest integer not above a number; `nil` for any other kind and beyond Int64.
    @inline(__always)
    var floor: Int64? {
        var value: Int64 = 0
        return kind == FVS_NUMBER && fvs_number_floor(bytes, count, &value) ? value : nil
    }

    /// The member of an object with this name; `nil` for another kind.
    func member(named name: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        guard kind == .object else { return nil }
        var found: JSONValue?
        forEach {
            if $0.isNamed(name) { found = $0 }
            return found == nil
        }
        return found
    }

    /// Calls `body` with each element of an array or member of an object until it returns false.
    @inline(__always)
    func forEach(_ body: (JSONValue) -> Bool) {
        guard kind == FVS_ARRAY || kind == FVS_OBJECT else { return }
        var cursor = 0
        var member = fvs_member()
        while fvs_next(bytes, count, &cursor, &member) {
            guard body(JSONValue(text: bytes, member: member)) else { return }
        }
    }

    fileprivate static func string(_ bytes: UnsafePointer<UInt8>, _ count: Int, escaped: Bool) -> String {
        guard count > 0 else { return "" }
        return String(unsafeUninitializedCapacity: count) { buffer in
            if escaped { return fvs_unescape(bytes, count, buffer.baseAddress) }
            buffer.baseAddress!.initialize(from: bytes, count: count)
            return count
        }
    }
}

extension fvs_name {
    static var alg: Self { FVS_NAME_ALG }
    static var kid: Self { FVS_NAME_KID }
    static var typ: Self { FVS_NAME_TYP }
    static var cty: Self { FVS_NAME_CTY }
    static var crit: Self { FVS_NAME_CRIT }
    static var b64: Self { FVS_NAME_B64 }
    static var zip: Self { FVS_NAME_ZIP }
    static var enc: Self { FVS_NAME_ENC }
    static var keys: Self { FVS_NAME_KEYS }
    static var kty: Self { FVS_NAME_KTY }
    static var use: Self { FVS_NAME_USE }
    static var keyOps: Self { FVS_NAME_KEY_OPS }
    static var crv: Self { FVS_NAME_CRV }
    static var x: Self { FVS_NAME_X }
    static var y: Self { FVS_NAME_Y }
    static var n: Self { FVS_NAME_N }
    static var e: Self { FVS_NAME_E }
    static var k: Self { FVS_NAME_K }
    static var d: Self { FVS_NAME_D }
    static var p: Self { FVS_NAME_P }
    static var q: Self { FVS_NAME_Q }
    static var dp: Self { FVS_NAME_DP }
    static var dq: Self { FVS_NAME_DQ }
    static var qi: Self { FVS_NAME_QI }
    static var oth: Self { FVS_NAME_OTH }
    static var iss: Self { FVS_NAME_ISS }
    static var sub: Self { FVS_NAME_SUB }
    static var aud: Self { FVS_NAME_AUD }
    static var exp: Self { FVS_NAME_EXP }
    static var nbf: Self { FVS_NAME_NBF }
    static var iat: Self { FVS_NAME_IAT }
    static var jti: Self { FVS_NAME_JTI }
    static var sid: Self { FVS_NAME_SID }
    static var scope: Self { FVS_NAME_SCOPE }
    static var scp: Self { FVS_NAME_SCP }
    static var roles: Self { FVS_NAME_ROLES }
    static var clientId: Self { FVS_NAME_CLIENT_ID }

    var spelling: String { String(cString: fvs_name_spelling(self)) }
}

extension fvs_kind {
    static var string: Self { FVS_STRING }
    static var number: Self { FVS_NUMBER }
    static var yes: Self { FVS_TRUE }
    static var no: Self { FVS_FALSE }
    static var null: Self { FVS_NULL }
    static var array: Self { FVS_ARRAY }
    static var object: Self { FVS_OBJECT }
}
