// Random texts that can be had again: the seed is printed, and FASTVERIFY_SEED sets it.
import Foundation

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Seeded for this run, differently for each `stream`.
    init(_ stream: String) {
        state = Random.seed
        for byte in stream.utf8 { state = next() ^ UInt64(byte) }
    }

    static let seed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["FASTVERIFY_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("FASTVERIFY_SEED=\(seed)")
        return seed
    }()

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// Writes random valid JSON, with unique names per object unless it is asked for duplicates.
struct JSONWriter {
    var random: Random
    var text: [UInt8] = []

    init(_ random: Random) { self.random = random }

    mutating func object(duplicatesPercent: Int = 0) -> [UInt8] {
        text = []
        space()
        write(objectOfDepth: 0, duplicatesPercent)
        space()
        return text
    }

    private mutating func space() {
        guard random.chance(20) else { return }
        for _ in 0..<random.below(random.chance(5) ? 130 : 4) { text.append(random.pick(Array(" \n\r\t".utf8))) }
    }

    private mutating func write(objectOfDepth depth: Int, _ duplicatesPercent: Int) {
        text.append(UInt8(ascii: "{"))
        space()
        var names: [[UInt8]] = []
        for i in 0..<random.below(depth == 0 ? 14 : 4) {
            if i > 0 { punctuate(",") }
            text.append(UInt8(ascii: "\""))
            if let twice = names.randomElement(using: &random), random.chance(duplicatesPercent) {
                text += twice
            } else {
                // The number makes the name unique; half the time a registered name stands there instead, once.
                let known = ["alg", "kid", "iss", "sub", "aud", "exp", "client_id", "auth_time"]
                var name = i < known.count && random.chance(50) ? Array(known[i].utf8) : stringContents() + "#\(i)".utf8
                if random.chance(10), let first = name.first, first < 0x80, first != UInt8(ascii: "\\") {
                    name = Array("\\u00".utf8) + hex(first) + name.dropFirst()
                }
                names.append(name)
                text += name
            }
            text.append(UInt8(ascii: "\""))
            punctuate(":")
            value(depth + 1, duplicatesPercent)
        }
        space()
        text.append(UInt8(ascii: "}"))
    }

    private func hex(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    private mutating func punctuate(_ mark: Character) {
        space()
        text.append(mark.asciiValue!)
        space()
    }

    private mutating func value(_ depth: Int, _ duplicatesPercent: Int) {
        switch random.below(depth > 6 ? 6 : 8) {
        case 0, 1, 2: text += [UInt8(ascii: "\"")] + stringContents() + [UInt8(ascii: "\"")]
        case 3, 4: text += number()
        case 5: text += Array(random.pick(["true", "false", "null"]).utf8)
        case 6: write(objectOfDepth: depth, duplicatesPercent)
        default:
            text.append(UInt8(ascii: "["))
            space()
            for i in 0..<random.below(4) {
                if i > 0 { punctuate(",") }
                value(depth + 1, duplicatesPercent)
            }
            space()
            text.append(UInt8(ascii: "]"))
        }
    }

    private mutating func number() -> [UInt8] {
        var number = random.chance(30) ? "-" : ""
        number += random.chance(20) ? "0" : "\(1 + random.below(random.chance(50) ? 9 : 2_000_000_000))"
        if random.chance(20) { number += ".\(random.below(100_000))" }
        if random.chance(20) {
            number += random.pick(["e", "E"]) + random.pick(["", "+", "-"]) + "\(random.below(30))"
        }
        return Array(number.utf8)
    }

    /// A third of the strings end near a block boundary, wherever they began.
    mutating func stringContents() -> [UInt8] {
        let target =
            random.chance(30) ? random.pick([64, 128]) - text.count % 64 + random.below(5) - 2 : random.below(24)
        var contents: [UInt8] = []
        while contents.count < target {
            switch random.below(20) {
            case 0: contents += Array(random.pick(["\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\b\\f\\r\\t"]).utf8)
            case 1:
                contents += Array(random.pick(["\\ud83d\\ude00", "\\u0000", "\\uFFFF", "\\\\\\\\", "\\\\\\\""]).utf8)
            case 2: contents += Array(random.pick(["é", "日本", "😀", "\u{7F}", "\u{10FFFF}", "\u{800}"]).utf8)
            case 3: contents += Array(random.pick(["{", "}", "[", "]", ":", ",", " ", "'"]).utf8)
            default: contents.append(UInt8(97 + random.below(26)))
            }
        }
        return contents
    }
}
