internal import CScan

/// A JSON object in one piece of memory: its member list, the index and the text behind one object header.
enum JSONImage {
    private static let list = MemoryLayout<fvs_object>.stride

    /// Bytes of an image; where there is no object, only the text is kept and there are no members.
    static func size(_ object: JSONObject?, text: UnsafeRawBufferPointer) -> Int {
        list + (object?.memberCount ?? 0) * MemoryLayout<fvs_member>.stride + text.count
    }

    /// Writes the image of an object to `base`, which is aligned to 8 and has room for `size`.
    static func write(_ object: JSONObject?, text: UnsafeRawBufferPointer, to base: UnsafeMutableRawPointer) {
        let count = object?.memberCount ?? 0
        let copy = base.bindMemory(to: fvs_object.self, capacity: 1)
        copy.initialize(to: object?.object.pointee ?? fvs_object())
        copy.pointee.members = (base + list).bindMemory(to: fvs_member.self, capacity: count)
        if let object { copy.pointee.members.initialize(from: object.object.pointee.members, count: count) }
        let offset = list + count * MemoryLayout<fvs_member>.stride
        if let source = text.baseAddress { (base + offset).copyMemory(from: source, byteCount: text.count) }
    }

    /// A copy of an image of `size` bytes, to memory as `write` asks for.
    @inline(__always)
    static func copy(_ image: UnsafeRawPointer, size: Int, to base: UnsafeMutableRawPointer) -> JSONObject {
        base.copyMemory(from: image, byteCount: size)
        base.assumingMemoryBound(to: fvs_object.self).pointee.members =
            (base + list).assumingMemoryBound(to: fvs_member.self)
        return object(at: base, size: size)
    }

    /// The object of an image, valid as long as the memory.
    @inline(__always)
    static func object(at base: UnsafeRawPointer, size: Int) -> JSONObject {
        let object = base.assumingMemoryBound(to: fvs_object.self)
        let offset = list + Int(object.pointee.member_count) * MemoryLayout<fvs_member>.stride
        return JSONObject(
            text: (base + offset).assumingMemoryBound(to: UInt8.self), count: size - offset, object: object)
    }
}

/// A JSON object with memory of its own.
///
/// Never changed after it is made, hence Sendable.
struct JSONStorage: @unchecked Sendable {
    private let buffer: ManagedBuffer<Int, UInt64>

    /// A copy in one allocation.
    init(_ object: JSONObject?, text: UnsafeRawBufferPointer) {
        let size = JSONImage.size(object, text: text)
        buffer = .create(minimumCapacity: (size + 7) / 8) { _ in size }
        buffer.withUnsafeMutablePointerToElements {
            JSONImage.write(object, text: text, to: UnsafeMutableRawPointer($0))
        }
    }

    /// The object, valid as long as this storage.
    var object: JSONObject {
        buffer.withUnsafeMutablePointers { size, start in
            JSONImage.object(at: UnsafeRawPointer(start), size: size.pointee)
        }
    }

    /// A copy of the text.
    var payload: [UInt8] {
        let object = self.object
        return [UInt8](UnsafeBufferPointer(start: object.text, count: object.count))
    }
}
