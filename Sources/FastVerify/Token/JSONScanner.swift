internal import CScan

/// Scans JSON objects into an arena. One thread at a time.
struct JSONScanner: ~Copyable {
    private let scratch: OpaquePointer
    private let maxMembers: Int

    /// `maxMembers` bounds the member names over all levels of one text.
    init(maxMembers: Int) {
        guard let scratch = fvs_scratch_create(UInt32(maxMembers)) else { fatalError("out of memory") }
        self.scratch = scratch
        self.maxMembers = maxMembers
    }

    deinit { fvs_scratch_free(scratch) }

    /// `malformed` is what to call text that is not a JSON object.
    @inline(__always)
    func scan(
        _ text: UnsafeRawBufferPointer, into arena: inout Arena, malformed: VerificationError
    ) throws(VerificationError) -> JSONObject {
        let room = arena.reserve(MemoryLayout<fvs_object>.stride + maxMembers * MemoryLayout<fvs_member>.stride)
        let object = room.assumingMemoryBound(to: fvs_object.self)
        object.pointee.members = (room + MemoryLayout<fvs_object>.stride).assumingMemoryBound(to: fvs_member.self)
        object.pointee.member_capacity = UInt32(maxMembers)
        // An empty text has no address; any address will do for none of its bytes.
        let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(Arena.nowhere)
        let status = fvs_scan_object(start, text.count, scratch, object)
        switch status {
        case FVS_OK: break
        case FVS_DUPLICATE: throw .duplicateMember
        case FVS_DEPTH, FVS_MEMBERS: throw .tooComplex
        default: throw malformed
        }
        arena.commit(
            MemoryLayout<fvs_object>.stride
                + Int(object.pointee.member_count) * MemoryLayout<fvs_member>.stride)
        return JSONObject(text: start, count: text.count, object: object)
    }
}

extension Processor {
    /// The implementation of base64url and JSON that runs here, and the names of all, the preferred first.
    package static var scanner: (selected: String, all: [String]) {
        var count = 0
        let rows = UnsafeBufferPointer(start: fvs_implementations(&count), count: count)
        return (String(cString: fvs_selected_implementation().pointee.name), rows.map { String(cString: $0.name) })
    }
}
