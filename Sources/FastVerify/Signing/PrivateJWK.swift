internal import CCrypto

// Private keys as JWKs (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2). What is decoded on the way is erased.
extension SigningKey {
    typealias ImportedJWK = (handle: OpaquePointer, keyID: String?, algorithm: Algorithm?)

    static func imported(
        _ json: UnsafeRawBufferPointer
    ) throws(KeyError) -> ImportedJWK {
        try withJSONObject(json, limits: .standard, isSecret: true) { object throws(KeyError) in
            (
                try create(type(object), members(object)), try JWK.string(object, .kid), try JWK.algorithm(object)
            )
        }
    }

    /// Decoded members are erased when the key is made.
    static func create(
        _ type: fv_key_type, _ members: consuming [(parameter: fv_parameter, value: [UInt8])]
    ) throws(KeyError) -> OpaquePointer {
        var members = members
        var counts = [Int](repeating: 0, count: parameters.count)
        for (parameter, value) in members { counts[Int(parameter.rawValue)] = value.count }
        // One piece of memory, so that every parameter has an address for the length of the call.
        let bytes = try GuardedBytes(count: counts.reduce(0, +)) { room in
            var offset = 0
            for index in members.indices {
                let count = members[index].value.count
                UnsafeMutableRawBufferPointer(rebasing: room[offset..<offset + count])
                    .copyBytes(from: members[index].value)
                members[index].value.withUnsafeMutableBytes { fv_erase($0.baseAddress, $0.count) }
                offset += count
            }
        }
        return try bytes.withUnsafeBytes { bytes throws(KeyError) in
            var pointers = [UnsafePointer<UInt8>?](repeating: nil, count: parameters.count)
            var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            for (parameter, value) in members {
                pointers[Int(parameter.rawValue)] = next
                next = next.map { $0 + value.count }
            }
            return try create { fv_signing_key_import(type, &pointers, &counts, $0) }
        }
    }

    private static let parameters: [(fv_parameter, MemberName)] = [
        (FV_PARAMETER_N, .n), (FV_PARAMETER_E, .e), (FV_PARAMETER_X, .x), (FV_PARAMETER_Y, .y), (FV_PARAMETER_K, .k),
        (FV_PARAMETER_D, .d), (FV_PARAMETER_P, .p), (FV_PARAMETER_Q, .q), (FV_PARAMETER_DP, .dp),
        (FV_PARAMETER_DQ, .dq), (FV_PARAMETER_QI, .qi),
    ]

    private static func members(
        _ object: JSONObject
    ) throws(KeyError) -> [(parameter: fv_parameter, value: [UInt8])] {
        var members: [(parameter: fv_parameter, value: [UInt8])] = []
        for (parameter, name) in parameters where object.member(name) != nil {
            members.append((parameter, try JWK.bytes(object, name)))
        }
        return members
    }

    private static func type(_ object: JSONObject) throws(KeyError) -> fv_key_type {
        switch try JWK.string(object, .kty) {
        case nil: throw .missingMember("kty")
        case "RSA": FV_KEY_RSA
        case "oct": FV_KEY_SECRET
        default: try JWK.curve(object)
        }
    }

    /// The key as a JWK with its private members, for files. Handle like the key itself; `SealingKey` needs no such text.
    public var privateJWK: String {
        let secret = privateMembers.map { ($0.name, Base64URL.encode($0.value)) }
        return JSONText.object(publicMembers + secret)
    }

    /// The same in guarded memory.
    var guardedJWK: GuardedBytes {
        get throws(KeyError) {
            let known = Array(JSONText.object(publicMembers).utf8.dropLast())
            var secrets = privateMembers
            let size = secrets.reduce(known.count + 1) {
                $0 + $1.name.utf8.count + 6 + Base64URL.encodedSize($1.value.count)
            }
            return try GuardedBytes(count: size) { text in
                var end = 0
                func append(_ bytes: some Collection<UInt8>) {
                    UnsafeMutableRawBufferPointer(rebasing: text[end...]).copyBytes(from: bytes)
                    end += bytes.count
                }
                append(known)
                for index in secrets.indices {
                    append(",\"\(secrets[index].name)\":\"".utf8)
                    secrets[index].value.withUnsafeMutableBytes { value in
                        end += Base64URL.encode(
                            UnsafeRawBufferPointer(value), into: UnsafeMutableRawBufferPointer(rebasing: text[end...]))
                        fv_erase(value.baseAddress, value.count)
                    }
                    append("\"".utf8)
                }
                append("}".utf8)
            }
        }
    }

    /// What `publicMembers` lacks.
    private var privateMembers: [(name: String, value: [UInt8])] {
        Self.parameters.filter { $0.0.rawValue >= FV_PARAMETER_D.rawValue }.compactMap { parameter, name in
            let bytes = [UInt8](unsafeUninitializedCapacity: 1024) { buffer, count in
                count = fv_signing_key_parameter(handle, parameter, buffer.baseAddress, buffer.count)
            }
            return bytes.isEmpty ? nil : (name.spelling, bytes)
        }
    }
}
