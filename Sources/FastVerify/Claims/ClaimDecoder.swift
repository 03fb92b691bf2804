/// Decodes verified claims into Codable types, without Foundation: the text has passed the scanner, so what is left is
/// types and ranges. Numbers must fit the requested type exactly; nothing is coerced.
struct ClaimDecoder: Decoder {
    /// Owns the text that all values of one decoding point into, for as long as any container lives.
    final class Source {
        let text: UnsafeMutableBufferPointer<UInt8>

        init(_ bytes: [UInt8]) {
            text = .allocate(capacity: bytes.count)
            _ = text.initialize(from: bytes)
        }
        deinit { text.deallocate() }
    }

    let source: Source
    let value: JSONValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func decode<T: Decodable>(_ type: T.Type, from json: [UInt8]) throws -> T {
        let source = Source(json)
        guard let start = source.text.baseAddress, !json.isEmpty else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no claims were verified"))
        }
        let value = JSONValue(object: UnsafePointer(start), count: json.count)
        return try ClaimDecoder(source: source, value: value, codingPath: []).decode(type)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try ClaimKeyedContainer<Key>(self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try ClaimUnkeyedContainer(self) }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    func descend(_ value: JSONValue, _ key: any CodingKey) -> ClaimDecoder {
        ClaimDecoder(source: source, value: value, codingPath: codingPath + [key])
    }

    func mismatch(_ type: Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "the claim has another type")
        return value.kind == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard value.kind == .number else { throw mismatch(type) }
        let text = UnsafeBufferPointer(start: value.bytes, count: value.count)
        // An integer spelled as one; -0 is 0.
        guard value.isInteger, let number = T(String(decoding: text, as: UTF8.self))
        else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: codingPath, debugDescription: "the number does not fit \(type)"))
        }
        return number
    }

    private func floatingPoint<T: LosslessStringConvertible>(_ type: T.Type) throws -> T {
        let text = UnsafeBufferPointer(start: value.bytes, count: value.count)
        guard value.kind == .number, let number = T(String(decoding: text, as: UTF8.self)) else {
            throw mismatch(type)
        }
        return number
    }
}

extension ClaimDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value.kind == .null }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard value.kind == .yes || value.kind == .no else { throw mismatch(type) }
        return value.kind == .yes
    }

    func decode(_ type: String.Type) throws -> String {
        guard let string = value.string else { throw mismatch(type) }
        return string
    }

    func decode(_ type: Double.Type) throws -> Double { try floatingPoint(type) }
    func decode(_ type: Float.Type) throws -> Float { try floatingPoint(type) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: self) }
}

/// The members of one object by name.
struct ClaimKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let decoder: ClaimDecoder
    private let members: [String: JSONValue]

    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { members.keys.compactMap(Key.init(stringValue:)) }

    init(_ decoder: ClaimDecoder) throws {
        guard decoder.value.kind == .object else { throw decoder.mismatch([String: Any].self) }
        self.decoder = decoder
        var members: [String: JSONValue] = [:]
        decoder.value.forEach {
            members[$0.name] = $0
            return true
        }
        self.members = members
    }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    private func value(_ key: any CodingKey) throws -> ClaimDecoder {
        guard let value = members[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "the token has no such claim"))
        }
        return decoder.descend(value, key)
    }

    func decodeNil(forKey key: Key) throws -> Bool { try value(key).decodeNil() }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try value(key).decode(type) }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try value(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try value(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }
}

/// The elements of one array in order.
struct ClaimUnkeyedContainer: UnkeyedDecodingContainer {
    private struct Index: CodingKey {
        let intValue: Int?
        var stringValue: String { "\(intValue ?? 0)" }
        init(_ position: Int) { intValue = position }
        init?(intValue: Int) { self.init(intValue) }
        init?(stringValue: String) { nil }
    }

    private let decoder: ClaimDecoder
    private let elements: [JSONValue]
    private(set) var currentIndex = 0

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    init(_ decoder: ClaimDecoder) throws {
        guard decoder.value.kind == .array else { throw decoder.mismatch([Any].self) }
        self.decoder = decoder
        var elements: [JSONValue] = []
        decoder.value.forEach {
            elements.append($0)
            return true
        }
        self.elements = elements
    }

    private func current() throws -> ClaimDecoder {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, .init(codingPath: codingPath, debugDescription: "the array has no more elements"))
        }
        return decoder.descend(elements[currentIndex], Index(currentIndex))
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().decodeNil() else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try current().decode(type)
        currentIndex += 1
        return value
    }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        let container = try current().container(keyedBy: type)
        currentIndex += 1
        return container
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current().unkeyedContainer()
        currentIndex += 1
        return container
    }
    mutating func superDecoder() throws -> any Decoder {
        let value = try current()
        currentIndex += 1
        return value
    }
}
