// The hashes by themselves in Swift clothes, and the two libraries that say what is right.
import CCPU
import CCrypto
import CCrypto.SHA2
import COpenSSL
import CSodium
import Foundation
import Testing

/// SplitMix64; the seed is printed, and FASTVERIFY_SEED sets it.
struct Random: RandomNumberGenerator {
    private var state: UInt64

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
    mutating func bytes(_ count: Int) -> Bytes { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// One implementation of one hash; its row is constant.
struct Sha: CustomTestStringConvertible, @unchecked Sendable {
    let row: fv_sha_implementation
    let size: Int

    var block: Int { size == 32 ? 64 : 128 }
    var testDescription: String { "SHA-\(size * 8) \(String(cString: row.name))" }

    static let all: [Sha] = [32, 48, 64].flatMap { size in
        var count = 0
        let rows = (size == 32 ? fv_sha256_implementations(&count) : fv_sha512_implementations(&count))!
        return (0..<count).map { Sha(row: rows[$0], size: size) }
    }.filter { $0.row.features & ~fv_cpu_features() == 0 }

    /// What OpenSSL's EVP says; libsodium, which has no SHA-384, must say the same.
    func expected(_ message: Bytes) -> Bytes {
        var out = Bytes(repeating: 0, count: size)
        let method = size == 32 ? EVP_sha256() : size == 48 ? EVP_sha384() : EVP_sha512()
        precondition(EVP_Digest(message, message.count, &out, nil, method, nil) == 1)
        var second = Bytes(repeating: 0, count: size)
        switch size {
        case 32: crypto_hash_sha256(&second, message, UInt64(message.count))
        case 64: crypto_hash_sha512(&second, message, UInt64(message.count))
        default: second = out
        }
        precondition(out == second, "the oracles disagree")
        return out
    }

    func hash(_ messages: [ShaMessage]) -> [Bytes] {
        var flat = Bytes()
        for message in messages { for segment in message.segments { flat += segment } }
        // A digest is as long as it is: the octets after it stay 0xaa.
        let stride = size + 8
        var digests = Bytes(repeating: 0xaa, count: messages.count * stride)
        let states = messages.map { ($0.start?.state ?? fv_sha_state(), $0.outer?.state ?? fv_sha_state()) }
        flat.withUnsafeBufferPointer { bytes in
            states.withUnsafeBufferPointer { states in
                digests.withUnsafeMutableBufferPointer { digests in
                    var offset = 0
                    let raw = messages.indices.map { i in
                        var message = fv_sha_message()
                        let pair = UnsafeRawPointer(states.baseAddress! + i)
                        let first = pair.assumingMemoryBound(to: fv_sha_state.self)
                        if messages[i].start != nil { message.start = first }
                        if messages[i].outer != nil { message.outer = first + 1 }
                        let segments = messages[i].segments.map { segment in
                            defer { offset += segment.count }
                            let start = segment.isEmpty ? nil : bytes.baseAddress! + offset
                            return fv_sha_segment(bytes: start, count: segment.count)
                        }
                        message.segments = (segments[0], segments[1], segments[2])
                        message.digest = digests.baseAddress! + i * stride
                        return message
                    }
                    row.batch(size, raw, raw.count)
                }
            }
        }
        return messages.indices.map { i in
            precondition(digests[(i * stride + size)..<((i + 1) * stride)].allSatisfy { $0 == 0xaa })
            return Bytes(digests[(i * stride)..<(i * stride + size)])
        }
    }
}

/// A state after whole blocks, and the octets that lead there.
struct ShaPrefix {
    let bytes: Bytes
    let state: fv_sha_state

    /// After one block.
    init(_ sha: Sha, block: Bytes) {
        precondition(block.count == sha.block)
        bytes = block
        var state = fv_sha_state()
        fv_sha_after_block(sha.size, block, &state)
        self.state = state
    }

    /// After as many blocks as a padded message has: there, the digest is the state (not so for SHA-384).
    init(_ sha: Sha, padding message: Bytes) {
        let length = sha.block / 8
        var padded = message + [0x80]
        while (padded.count + length) % sha.block != 0 { padded.append(0) }
        padded += Bytes(repeating: 0, count: length - 8)
        padded += (0..<8).reversed().map { UInt8(truncatingIfNeeded: (message.count * 8) >> ($0 * 8)) }
        bytes = padded
        let digest = sha.expected(message)
        var state = fv_sha_state()
        withUnsafeMutableBytes(of: &state) { raw in
            for (i, byte) in digest.enumerated() {
                let word = sha.size / 8
                raw[i / word * word + word - 1 - i % word] = byte
            }
        }
        state.count = UInt64(padded.count)
        self.state = state
    }
}

struct ShaMessage {
    var segments: [Bytes]
    var start: ShaPrefix?
    var outer: ShaPrefix?

    init(_ bytes: Bytes, cutAt first: Int? = nil, _ second: Int? = nil) {
        let first = first ?? bytes.count
        let second = second ?? bytes.count
        segments = [Bytes(bytes[..<first]), Bytes(bytes[first..<second]), Bytes(bytes[second...])]
    }

    func expected(_ sha: Sha) -> Bytes {
        let inner = sha.expected((start?.bytes ?? []) + segments.joined())
        return outer.map { sha.expected($0.bytes + inner) } ?? inner
    }
}
