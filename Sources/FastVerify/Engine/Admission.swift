/// The stages that work in a batch's memory, each refusing with its own error. `Verifier` knows their order.
extension VerificationBatch {
    /// A header: known by its bytes, or decoded and checked.
    struct Header {
        let text: UnsafeRawBufferPointer
        let known: UnsafePointer<HeaderCache.Entry>?
        let new: UnsafePointer<JOSEHeader>?
    }

    @inline(__always)
    mutating func recognise(_ text: UnsafeRawBufferPointer) throws(VerificationError) -> Header {
        if let entry = headers.find(text) { return Header(text: text, known: entry, new: nil) }
        return Header(text: text, known: nil, new: try parse(text))
    }

    @inline(never)
    private mutating func parse(
        _ text: UnsafeRawBufferPointer
    ) throws(VerificationError) -> UnsafePointer<JOSEHeader> {
        let object = try scanner.scan(decode(text), into: &arena, malformed: .malformedHeader)
        let header = try JOSEHeader(object)
        let room = arena.allocate(MemoryLayout<JOSEHeader>.stride).bindMemory(to: JOSEHeader.self, capacity: 1)
        room.initialize(to: header)
        return UnsafePointer(room)
    }

    /// The decoded bytes of a segment.
    @inline(__always)
    mutating func decode(_ text: UnsafeRawBufferPointer) throws(VerificationError) -> UnsafeRawBufferPointer {
        guard let size = Base64URL.decodedSize(text.count) else { throw .invalidEncoding }
        let bytes = arena.reserve(size)
        guard Base64URL.decode(text, into: bytes) else { throw .invalidEncoding }
        arena.commit(size)
        return UnsafeRawBufferPointer(start: bytes, count: size)
    }

    /// The decoded signature, refused by its length before anything is decoded.
    @inline(__always)
    mutating func decode(
        _ text: UnsafeRawBufferPointer, size: Int
    ) throws(VerificationError) -> UnsafeRawBufferPointer {
        guard Base64URL.decodedSize(text.count) == size else { throw .signatureLength }
        return try decode(text)
    }

    @inline(__always)
    mutating func scan(_ payload: UnsafeRawBufferPointer) throws(VerificationError) -> JSONObject {
        try scanner.scan(payload, into: &arena, malformed: .malformedPayload)
    }

    /// The key that a header names among an issuer's, under that issuer's policy.
    @inline(__always)
    mutating func key(
        for header: Header, of issuer: Int, _ verifier: Verifier
    ) throws(VerificationError) -> KeyResolution {
        let isCurrent = updateKeys(of: issuer, verifier)
        if isCurrent, let known = header.known, known.pointee.issuer == issuer { return known.pointee.resolution }
        return try resolve(header, issuer, verifier.issuers[issuer])
    }

    @inline(never)
    private mutating func resolve(
        _ known: Header, _ issuer: Int, _ trusted: Verifier.TrustedIssuer
    ) throws(VerificationError) -> KeyResolution {
        let header = if let new = known.new { new.pointee } else { try parse(known.text).pointee }
        guard trusted.policy.algorithms.contains(header.algorithm) else { throw .algorithmNotAllowed }
        guard trusted.policy.accepts(header.type) else { throw .wrongType }
        let kid = unescapedKid(header)
        let resolution: KeyResolution
        do throws(VerificationError) {
            resolution = try snapshots[issuer].keys.find(kid: kid, algorithm: header.algorithm)
        } catch {
            if error == .keyNotFound { trusted.keys.miss(kid) }
            throw error
        }
        headers.insert(known.text, issuer: issuer, resolution: resolution)
        return resolution
    }

    private mutating func unescapedKid(_ header: JOSEHeader) -> UnsafeBufferPointer<UInt8>? {
        guard let kid = header.kid else { return nil }
        guard kid.isEscaped else { return UnsafeBufferPointer(start: kid.bytes, count: kid.count) }
        let room = arena.reserve(kid.count).assumingMemoryBound(to: UInt8.self)
        let count = kid.unescape(into: room)
        arena.commit(count)
        return UnsafeBufferPointer(start: room, count: count)
    }

    @inline(__always)
    mutating func append(
        _ key: KeyResolution, _ input: UnsafeRawBufferPointer, _ signature: UnsafeRawBufferPointer,
        _ payload: UnsafeRawBufferPointer, _ claims: JSONObject?, _ issuer: Int
    ) {
        entries.append(
            Entry(
                error: nil, issuer: issuer, key: key.key, algorithm: key.algorithm, payload: payload, claims: claims,
                job: signatures.count))
        signatures.append(key, input: input, signature: signature)
    }

    mutating func refuse(_ error: VerificationError) { entries.append(Entry(error: error)) }

    /// A copy of a token in the arena; of one over the limit, nothing but its excessive length.
    mutating func copy(_ token: UnsafeRawBufferPointer, limit: Int) -> UnsafeRawBufferPointer {
        guard token.count <= limit, let start = token.baseAddress else { return token }
        let room = arena.allocate(token.count)
        room.copyMemory(from: start, byteCount: token.count)
        return UnsafeRawBufferPointer(start: room, count: token.count)
    }
}
