import ArgumentParser
import FastVerify
import Foundation
import Testing

@testable import Bench

@Suite struct VectorsTests {
    /// A Wycheproof file of our own: `results[i]` is what the file says of row i; every third signature is spoiled.
    private func file(
        _ algorithm: Algorithm, _ results: [String], change: (inout [String: Any]) -> Void = { _ in }
    ) throws -> Data {
        let key = try SigningKey(generate: algorithm)
        let members = Dictionary(uniqueKeysWithValues: key.verificationKey.publicMembers.map { ($0.name, $0.value) })
        func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        func member(_ name: String) -> String {
            hex(Array(members[name]!.utf8).withUnsafeBytes { Base64URL.decode($0)! })
        }
        let tests = try results.enumerated().map { position, result -> [String: Any] in
            let message = [UInt8](repeating: 7, count: position)
            var signature = try #require(key.sign(message))
            if position % 3 == 2 { signature[0] ^= 0x10 }
            return ["tcId": position + 1, "comment": "", "msg": hex(message), "sig": hex(signature), "result": result]
        }
        var group: [String: Any] =
            algorithm == .es256
            ? [
                "type": "EcdsaP1363Verify", "sha": "SHA-256",
                "publicKey": ["curve": "secp256r1", "uncompressed": "04" + member("x") + member("y")],
            ] : ["type": "EddsaVerify", "publicKey": ["curve": "edwards25519", "pk": member("x")]]
        group["tests"] = tests
        change(&group)
        return try JSONSerialization.data(withJSONObject: ["algorithm": "any", "testGroups": [group]])
    }

    private static let right = ["valid", "valid", "invalid", "valid", "valid", "invalid"]

    @Test(arguments: [Algorithm.es256, .ed25519])
    func rightExpectationsAgree(_ algorithm: Algorithm) throws {
        let run = try VectorRun(VectorFile(name: "right", file(algorithm, Self.right)), kernel: "all")
        #expect(run.disagreements == [])
        #expect(run.agreements == 6 * Subject(algorithm).kernels.count)
    }

    @Test(arguments: 0..<6)
    func aFlippedExpectationIsCaught(_ position: Int) throws {
        var results = Self.right
        results[position] = results[position] == "valid" ? "invalid" : "valid"
        let run = try VectorRun(VectorFile(name: "flipped", file(.ed25519, results)), kernel: "all")
        // Once between neighbours and once in the batch of all rows, for each kernel.
        #expect(run.disagreements.count == 2 * Subject(.ed25519).kernels.count)
        #expect(run.agreements == 5 * Subject(.ed25519).kernels.count)
    }

    @Test func validIsRefusedWhereNoJOSEAlgorithmMadeIt() throws {
        let other = try VectorFile(name: "hash", file(.es256, Self.right) { $0["sha"] = "SHA-512" })
        #expect(other.rows.allSatisfy { !$0.isAccepted })
        let der = try VectorFile(name: "der", file(.es256, Self.right) { $0["type"] = "EcdsaVerify" })
        #expect(der.rows.allSatisfy { !$0.isAccepted })
        let small = try VectorFile(
            name: "small",
            file(.ed25519, ["valid", "valid"]) {
                var tests = $0["tests"] as! [[String: Any]]
                tests[0]["flags"] = ["SmallOrderPublic"]
                $0["tests"] = tests
            })
        #expect(small.rows.map(\.isAccepted) == [false, true])
    }

    @Test func macRules() throws {
        func rows(_ tag: Int, _ key: Int) throws -> [Bool] {
            let test: [String: Any] = [
                "tcId": 1, "comment": "", "key": String(repeating: "0b", count: key), "msg": "", "tag": "00",
                "result": "valid",
            ]
            let group: [String: Any] = ["type": "MacTest", "tagSize": tag, "tests": [test]]
            let data = try JSONSerialization.data(withJSONObject: ["algorithm": "HMACSHA256", "testGroups": [group]])
            return try VectorFile(name: "mac", data).rows.map(\.isAccepted)
        }
        #expect(try rows(256, 32) == [true])
        #expect(try rows(128, 32) == [false])
        #expect(try rows(256, 31) == [false])
    }

    @Test func exitStatus() throws {
        let folder = FileManager.default.temporaryDirectory
        let right = folder.appendingPathComponent("fastverify-bench-\(UUID()).json")
        let wrong = folder.appendingPathComponent("fastverify-bench-\(UUID()).json")
        defer { for url in [right, wrong] { try? FileManager.default.removeItem(at: url) } }
        try file(.ed25519, Self.right).write(to: right)
        try file(.ed25519, Self.right.reversed()).write(to: wrong)
        func status(_ arguments: [String]) throws -> Int32 {
            do {
                try Vectors.parse(arguments).run()
                return 0
            } catch let code as ExitCode {
                return code.rawValue
            }
        }
        #expect(try status([right.path]) == 0)
        #expect(try status([right.path, wrong.path]) == 1)
        #expect(try status([right.path, "/nowhere/vectors.json"]) == 2)
        #expect(throws: (any Error).self) { try Vectors.parse([right.path, "--kernel", "none of these"]) }
    }

    /// The published files, where this machine has them.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["FASTVERIFY_VECTORS"] != nil))
    func publishedFilesAgree() throws {
        let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["FASTVERIFY_VECTORS"]!)
        for name in [
            "wycheproof/hmac_sha256_test.json", "wycheproof/ecdh_secp256r1_webcrypto_test.json",
            "ed25519-speccheck/cases.json",
        ] {
            let run = try VectorRun(VectorFile(path: folder.appendingPathComponent(name).path), kernel: "all")
            #expect(run.disagreements == [], "\(name)")
        }
    }
}
