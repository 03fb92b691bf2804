// Every implementation against the reference parser, and the parser against Foundation, on random texts.
import CScan
import Foundation
import Testing

@Suite struct DifferentialTests {
    /// All implementations say the same, and accept exactly what the reference accepts, with the same members.
    private func compare(_ text: [UInt8], _ scratch: Scratch) {
        let scans = Implementation.all.map { $0.scan(text, scratch) }
        let verdicts = Implementation.all.map { $0.validate(text, scratch) }
        let shown = String(decoding: text, as: UTF8.self)
        #expect(scans.allSatisfy { $0 == scans[0] }, "\(scans) \(shown)")
        #expect(verdicts.allSatisfy { $0 == verdicts[0] }, "\(verdicts) \(shown)")

        let reference = ReferenceParser.parse(text)
        let mayPass = reference.map { !$0.duplicate } ?? false
        #expect((verdicts[0] == FVS_OK) == mayPass, "\(verdicts[0].testDescription) \(shown)")
        if reference?.duplicate == true { #expect(scans[0].status == FVS_DUPLICATE, "\(shown)") }
        guard mayPass else { return }
        guard let members = reference?.members else {
            #expect(scans[0].status == FVS_NOT_OBJECT)
            return
        }
        #expect(scans[0].members == members, "\(shown)")
        for (position, member) in scans[0].members.enumerated() where member.known != FVS_NAME_OTHER {
            #expect(scans[0].index[Int(member.known.rawValue)] == UInt16(position + 1))
        }
        #expect(scans[0].index.filter { $0 != 0 }.count == members.filter { $0.known != FVS_NAME_OTHER }.count)
    }

    @Test func validTexts() {
        var writer = JSONWriter(Random("valid"))
        let scratch = Scratch()
        for _ in 0..<6_000 {
            let text = writer.object()
            let accepted = Implementation.all.allSatisfy { $0.validate(text, scratch) == FVS_OK }
            #expect(accepted, "\(String(decoding: text, as: UTF8.self))")
            #expect((try? JSONSerialization.jsonObject(with: Data(text))) != nil)
            compare(text, scratch)
        }
    }

    @Test func duplicatesAtAnyLevel() {
        var writer = JSONWriter(Random("duplicates"))
        let scratch = Scratch()
        for _ in 0..<3_000 { compare(writer.object(duplicatesPercent: 10), scratch) }
    }

    @Test func mutatedTexts() {
        var writer = JSONWriter(Random("mutated"))
        var random = Random("mutations")
        let scratch = Scratch()
        let telling: [UInt8] =
            Array("\"\\{}[]:,0-.eEtnu \n".utf8) + [0, 0x0C, 0x1A, 0x1F, 0x7F, 0x80, 0xC0, 0xE0, 0xED, 0xF4, 0xFF]
        for _ in 0..<6_000 {
            let valid = writer.object(duplicatesPercent: 1)
            for _ in 0..<5 {
                var text = valid
                for _ in 0...random.below(3) where !text.isEmpty {
                    let place = random.below(text.count)
                    let byte = random.chance(70) ? random.pick(telling) : UInt8(random.below(256))
                    switch random.below(4) {
                    case 0: text[place] = byte
                    case 1: text.insert(byte, at: place)
                    case 2: text.remove(at: place)
                    default: text.removeSubrange(place..<min(text.count, place + random.below(70)))
                    }
                }
                compare(text, scratch)
            }
        }
    }

    /// Soup of the bytes the scanner treats specially, at lengths around one and two blocks.
    @Test func soup() {
        var random = Random("soup")
        let scratch = Scratch()
        let bytes = Array("\"\"\"\\\\{}[]:,, 1a".utf8)
        for _ in 0..<20_000 {
            let length = random.pick([random.below(20), 60 + random.below(11), 120 + random.below(17)])
            let text = (0..<length).map { _ in random.pick(bytes) }
            compare(text, scratch)
            compare(Array("[\"".utf8) + text.map { $0 == 0x5C || $0 == 0x22 ? $0 : 0x61 } + Array("\"]".utf8), scratch)
        }
    }
}
