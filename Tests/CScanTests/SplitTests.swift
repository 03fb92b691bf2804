// The two dots of a token: every place they can have, in texts of every length around the blocks.
import CScan
import Testing

@Suite struct SplitTests {
    private func split(_ implementation: Implementation, _ text: [UInt8]) -> [Int]? {
        var dots = [Int](repeating: -1, count: 2)
        let found = text.withUnsafeBufferPointer { implementation.row.split($0.baseAddress, $0.count, &dots) }
        return found ? dots : nil
    }

    @Test(arguments: Implementation.all) func everyPlace(_ implementation: Implementation) {
        for length in [0, 1, 2, 3, 63, 64, 65, 66, 127, 128, 129, 200] {
            let text = [UInt8](repeating: UInt8(ascii: "a"), count: length)
            #expect(split(implementation, text) == nil)
            for first in 0..<length {
                var one = text
                one[first] = UInt8(ascii: ".")
                #expect(split(implementation, one) == nil)
                for second in first + 1..<max(length, first + 1) {
                    var two = one
                    two[second] = UInt8(ascii: ".")
                    #expect(split(implementation, two) == [first, second])
                    for third in [second + 1, (second + length) / 2 + 1, length - 1]
                    where third > second && third < length {
                        var three = two
                        three[third] = UInt8(ascii: ".")
                        #expect(split(implementation, three) == nil)
                    }
                }
            }
        }
    }

    @Test(arguments: Implementation.all) func onlyDots(_ implementation: Implementation) {
        for byte in UInt8.min...UInt8.max {
            let text = [byte, UInt8(ascii: "a"), byte]
            #expect(split(implementation, text) == (byte == UInt8(ascii: ".") ? [0, 2] : nil))
        }
        for count in 0...200 {
            let dots = [UInt8](repeating: UInt8(ascii: "."), count: count)
            #expect(split(implementation, dots) == (count == 2 ? [0, 1] : nil))
        }
    }
}
