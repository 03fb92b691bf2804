// Inputs and outputs that touch pages nobody may touch: reading or writing one byte too far ends the process.
import CScan
import Foundation
import Testing

/// Readable pages between two that are not.
private final class GuardedPages {
    private let mapping: UnsafeMutableRawPointer
    private let page = sysconf(Int32(_SC_PAGESIZE))

    init() {
        mapping = mmap(nil, page * 3, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(mapping != MAP_FAILED && mprotect(mapping + page, page, PROT_READ | PROT_WRITE) == 0)
    }
    deinit { munmap(mapping, page * 3) }

    private var middle: UnsafeMutablePointer<UInt8> { (mapping + page).assumingMemoryBound(to: UInt8.self) }
    func start() -> UnsafeMutablePointer<UInt8> { middle }
    func end(_ count: Int) -> UnsafeMutablePointer<UInt8> { middle + page - count }
}

@Suite struct GuardPageTests {
    @Test(arguments: Implementation.all) func decode(_ implementation: Implementation) {
        let input = GuardedPages()
        let output = GuardedPages()
        for length in (0...300) where length % 4 != 1 {
            let size = fvs_base64url_decoded_size(length)
            for text in [input.start(), input.end(length)] {
                for out in [output.start(), output.end(size)] {
                    text.update(repeating: UInt8(ascii: "A"), count: length)
                    out.update(repeating: 0xFF, count: size)
                    #expect(implementation.row.base64url_decode(text, length, out))
                    #expect((0..<size).allSatisfy { out[$0] == 0 })
                    guard length > 0 else { continue }
                    text[length - 1] = UInt8(ascii: "=")
                    #expect(!implementation.row.base64url_decode(text, length, out))
                }
            }
        }
    }

    /// Valid and cut-off texts of each length: cutting makes every kind of token the last one before the edge.
    @Test(arguments: Implementation.all) func scan(_ implementation: Implementation) {
        let input = GuardedPages()
        let scratch = Scratch()
        var writer = JSONWriter(Random("guard pages"))
        var texts = ["", "{}", "[1234567890123456789]", "true", "\"\\u0041\\ud83d\\ude00\"", "[-1.25e+10,null,false]"]
            .map { Array($0.utf8) }
        for length in 8...300 {
            texts.append(Array("{\"alg\":\"\(String(repeating: "s", count: length - 8))\"".utf8) + [UInt8(ascii: "}")])
            texts.append(Array("{\"\(String(repeating: "n", count: length - 6))\":0}".utf8))
            texts.append(Array("[\(String(repeating: "7", count: length - 2))]".utf8))
            texts.append(Array("[\"\(String(repeating: "é", count: length / 2 - 2))\"]".utf8))
        }
        for _ in 0..<60 { texts.append(writer.object()) }
        for text in texts where text.count <= 4096 {
            for cut in [text.count] + (text.count <= 64 ? Array(0..<text.count) : [text.count - 1, text.count / 2]) {
                let piece = Array(text.prefix(cut))
                let expected = implementation.scan(piece, scratch)
                let verdict = implementation.validate(piece, scratch)
                for at in [input.start(), input.end(cut)] {
                    at.update(from: piece, count: cut)
                    #expect(implementation.scan(at, cut, scratch) == expected)
                    #expect(implementation.validate(at, cut, scratch) == verdict)
                }
                if cut == text.count && cut > 0 { #expect(verdict == FVS_OK) }
            }
        }
    }

    /// The scalar functions on every prefix of accepted texts and on soup: never past the edge, always an end.
    @Test func stepsAndValues() {
        let input = GuardedPages()
        let output = GuardedPages()
        var writer = JSONWriter(Random("steps"))
        var random = Random("soup steps")
        let bytes = Array("\"\"\\u00ad8{}[]:,, 1e-.t".utf8)
        for round in 0..<3_000 {
            let whole =
                round % 2 == 0
                ? Array(writer.object().prefix(300)) : (0..<random.below(40)).map { _ in random.pick(bytes) }
            let text = Array(whole.prefix(random.below(whole.count + 1)))
            let at = input.end(text.count)
            at.update(from: text, count: text.count)
            var cursor = 0
            var steps = 0
            var value: Int64 = 0
            var member = fvs_member()
            while fvs_next(at, text.count, &cursor, &member) {
                steps += 1
                #expect(Int(member.value_offset + member.value_count) <= text.count && steps <= text.count)
                #expect(Int(member.name_offset + member.name_count) <= text.count)
            }
            #expect(fvs_unescape(at, text.count, output.end(text.count)) <= text.count)
            _ = fvs_string_equals(at, text.count, true, at, text.count)
            _ = fvs_number_floor(at, text.count, &value)
            _ = fvs_number_is_integer(at, text.count)
        }
    }
}
