// What every suite of this target runs over: each implementation this processor supports.
import CCPU
import CScan
import Testing

struct Implementation: @unchecked Sendable, CustomTestStringConvertible {
    let row: fvs_implementation
    var testDescription: String { String(cString: row.name) }

    static let all: [Implementation] = {
        var count = 0
        let rows = UnsafeBufferPointer(start: fvs_implementations(&count), count: count)
        return rows.filter { $0.features & fv_cpu_features() == $0.features }.map(Implementation.init)
    }()

    func validate(_ text: [UInt8], _ scratch: Scratch) -> fvs_status {
        text.withUnsafeBufferPointer { validate($0.baseAddress, $0.count, scratch) }
    }

    func validate(_ text: UnsafePointer<UInt8>?, _ count: Int, _ scratch: Scratch) -> fvs_status {
        withExtendedLifetime(scratch) { row.validate(text, count, scratch.pointer) }
    }

    func validate(_ text: String, _ scratch: Scratch) -> fvs_status { validate(Array(text.utf8), scratch) }

    func scan(_ text: [UInt8], _ scratch: Scratch, capacity: Int = 4096) -> Scan {
        text.withUnsafeBufferPointer { scan($0.baseAddress, $0.count, scratch, capacity: capacity) }
    }

    func scan(_ text: String, _ scratch: Scratch) -> Scan { scan(Array(text.utf8), scratch) }

    func scan(_ text: UnsafePointer<UInt8>?, _ count: Int, _ scratch: Scratch, capacity: Int = 4096) -> Scan {
        withUnsafeTemporaryAllocation(of: fvs_member.self, capacity: max(capacity, 1)) { room in
            var object = fvs_object()
            object.members = room.baseAddress
            object.member_capacity = UInt32(capacity)
            let status = withExtendedLifetime(scratch) { row.scan_object(text, count, scratch.pointer, &object) }
            guard status == FVS_OK else { return Scan(status: status) }
            let members = room.prefix(Int(object.member_count)).map(Member.init)
            let index = withUnsafeBytes(of: &object.index) { Array($0.bindMemory(to: UInt16.self)) }
            return Scan(status: status, members: members, index: index)
        }
    }

    func decode(_ text: [UInt8]) -> [UInt8]? {
        let size = fvs_base64url_decoded_size(text.count)
        var out = [UInt8](repeating: 0xA5, count: size == Int.max || size == -1 ? 0 : size)
        let accepted = text.withUnsafeBufferPointer { text in
            out.withUnsafeMutableBufferPointer { row.base64url_decode(text.baseAddress, text.count, $0.baseAddress) }
        }
        return accepted ? out : nil
    }
}

extension fvs_status {
    var testDescription: String {
        let names = ["OK", "SYNTAX", "ENCODING", "DEPTH", "MEMBERS", "DUPLICATE", "NOT_OBJECT"]
        return names[Int(rawValue)]
    }
}

/// A scratch for the calls of one test, so that slots of earlier calls are really there to be mistaken for new ones.
final class Scratch {
    let pointer: OpaquePointer
    init(names: UInt32 = 4096) { pointer = fvs_scratch_create(names)! }
    deinit { fvs_scratch_free(pointer) }
}

struct Scan: Equatable {
    var status: fvs_status
    var members: [Member] = []
    var index: [UInt16] = []

    func member(_ name: fvs_name) -> Member? {
        let position = Int(index[Int(name.rawValue)])
        return position == 0 ? nil : members[position - 1]
    }
}

struct Member: Equatable {
    var name: Range<Int>
    var value: Range<Int>
    var kind: fvs_kind
    var known: fvs_name
    var nameEscaped, valueEscaped: Bool

    init(_ member: fvs_member) {
        name = Int(member.name_offset)..<Int(member.name_offset + member.name_count)
        value = Int(member.value_offset)..<Int(member.value_offset + member.value_count)
        kind = fvs_kind(rawValue: UInt32(member.kind))
        known = fvs_name(rawValue: UInt32(member.name))
        nameEscaped = member.name_escaped
        valueEscaped = member.value_escaped
    }

    init(name: Range<Int>, value: Range<Int>, kind: fvs_kind, known: fvs_name, nameEscaped: Bool, valueEscaped: Bool) {
        self.name = name
        self.value = value
        self.kind = kind
        self.known = known
        self.nameEscaped = nameEscaped
        self.valueEscaped = valueEscaped
    }
}
