internal import CScan

/// A JSON object with memory of its own: its member list, the index and the text behind one object header.
///
/// Never changed after it is made, hence Sendable.
struct JSONStorage: @unchecked Sendable {
    private let buffer: ManagedBuffer<Int, UInt64>

    private static let list = MemoryLayout<fvs_object>.stride

    /// A copy in one allocation. Where there is no object, only the text is kept and there are no members.
    init(_ object: JSONObject?, text: UnsafeRawBufferPointer) {
        let count = object?.memberCount ?? 0
        let offset = Self.list + count * MemoryLayout<fvs_member>.stride
        buffer = .create(minimumCapacity: (offset + text.count + 7) / 8) { _ in text.count }
        buffer.withUnsafeMutablePointerToElements { start in
            let base = UnsafeMutableRawPointer(start)
            let copy = base.bindMemory(to: fvs_object.self, capacity: 1)
            copy.initialize(to: object?.object.pointee ?? fvs_object())
            copy.pointee.members = (base + Self.list).bindMemory(to: fvs_member.self, capacity: count)
            if let object { copy.pointee.members.initialize(from: object.object.pointee.members, count: count) }
            if let source = text.baseAddress { (base + offset).copyMemory(from: source, byteCount: text.count) }
        }
    }

    /// The object, valid as long as this storage.
    var object: JSONObject {
        buffer.withUnsafeMutablePointers { count, start in
            let base = UnsafeMutableRawPointer(start)
            let object = base.assumingMemoryBound(to: fvs_object.self)
            let offset = Self.list + Int(object.pointee.member_count) * MemoryLayout<fvs_member>.stride
            return JSONObject(
                text: (base + offset).assumingMemoryBound(to: UInt8.self), count: count.pointee, object: object)
        }
    }

    /// A copy of the text.
    var payload: [UInt8] {
        let object = self.object
        return [UInt8](UnsafeBufferPointer(start: object.text, count: object.count))
    }
}
