import CCrypto
import Testing

@Suite struct SigningTests {
    @Test(arguments: algorithms) func signAndVerify(_ algorithm: fv_algorithm) throws {
        let signing = try SigningKey(algorithm)
        let key = try signing.publicKey()
        for count in [0, 1, 63, 64, 65, 111, 112, 127, 128, 129, 500, 5000] {
            let input = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let signature = signing.sign(algorithm, input)
            let size = algorithm.info.signature_size
            #expect(signature.count == (size == 0 ? 256 : Int(size)))
            for kernel in algorithm.kernels {
                let prepared = try Prepared(kernel, key)
                #expect(prepared.verify(input, signature))
                #expect(!prepared.verify(input + [1], signature))
                #expect(!prepared.verify(input, signature.flippingBit(signature.count * 4 + 3)))
            }
        }
        let fitting = key.algorithms
        for other in algorithms where fitting >> other.rawValue & 1 == 0 {
            #expect(signing.sign(other, [1]).isEmpty)
        }
    }

    @Test(arguments: [(FV_RS256, 3072), (FV_PS512, 4096), (FV_PS256, 2050)])
    func otherModulusSizes(_ algorithm: fv_algorithm, _ bits: Int) throws {
        let signing = try SigningKey(algorithm, bits: UInt32(bits))
        let key = try signing.publicKey()
        #expect(key.bits == bits)
        let signature = signing.sign(algorithm, [1])
        #expect(signature.count == (bits + 7) / 8)
        for kernel in algorithm.kernels { #expect(try Prepared(kernel, key).verify([1], signature)) }
    }

    @Test(arguments: algorithms) func parametersAndPEM(_ algorithm: fv_algorithm) throws {
        let signing = try SigningKey(algorithm)
        let key = try signing.publicKey()
        let type = algorithm.info.key_type
        let all = (0...FV_PARAMETER_QI.rawValue).map { fv_parameter(rawValue: $0) }
        var parameters = [fv_parameter: Bytes]()
        for parameter in all {
            let value = signing.parameter(parameter)
            if !value.isEmpty { parameters[parameter] = value }
        }
        var copies = [try SigningKey(type, parameters)]
        if type == FV_KEY_SECRET {
            #expect(signing.pem().isEmpty)
            #expect(parameters.keys.map(\.rawValue) == [FV_PARAMETER_K.rawValue])
        } else {
            copies.append(try SigningKey(pem: signing.pem()))
            let other = OpenSSLKey(pem: signing.pem())
            if type != FV_KEY_ED25519 && type != FV_KEY_ED448 {
                copies.append(try SigningKey(pem: other.traditionalPEM))
            }
            for broken in [other.publicPEM, other.encryptedPEM] {
                #expect(throws: Refused(FV_KEY_UNSUPPORTED)) { try SigningKey(pem: broken) }
            }
            #expect(throws: Refused(FV_KEY_MALFORMED)) { try SigningKey(pem: signing.pem() + signing.pem()) }
        }
        var least = parameters
        let optional =
            type == FV_KEY_RSA
            ? [FV_PARAMETER_DP, FV_PARAMETER_DQ, FV_PARAMETER_QI] : [FV_PARAMETER_X, FV_PARAMETER_Y]
        for parameter in optional { least[parameter] = nil }
        copies.append(try SigningKey(type, least))
        for copy in copies {
            for parameter in all { #expect(copy.parameter(parameter) == signing.parameter(parameter)) }
            let signature = copy.sign(algorithm, [5])
            for kernel in algorithm.kernels { #expect(try Prepared(kernel, key).verify([5], signature)) }
        }
        guard type != FV_KEY_SECRET else { return }
        // No member may contradict another: each with a bit flipped, and each required one missing.
        let required = type == FV_KEY_RSA ? 5 : 1
        var missing = 0
        for (parameter, value) in parameters {
            var wrong = parameters
            wrong[parameter] = value.flippingBit(value.count * 8 - 7)
            #expect(throws: Refused.self, "\(parameter.rawValue)") {
                let copy = try SigningKey(type, wrong)
                // Another private key of a curve is fine where no public one contradicts it.
                if parameter == FV_PARAMETER_D && type != FV_KEY_RSA { Issue.record("\(copy) accepted") }
            }
            wrong[parameter] = nil
            if (try? SigningKey(type, wrong)) == nil { missing += 1 }
        }
        #expect(missing == required)
    }

    /// A modulus that is good by itself, and primes that are good by themselves, but do not belong together.
    @Test func strangersAreNoKeyPair() throws {
        let members = [FV_PARAMETER_N, FV_PARAMETER_E, FV_PARAMETER_D, FV_PARAMETER_P, FV_PARAMETER_Q]
        let first = try SigningKey(FV_RS256)
        let second = try SigningKey(FV_RS256)
        func pair(_ taken: fv_parameter) throws -> SigningKey {
            try SigningKey(
                FV_KEY_RSA,
                Dictionary(uniqueKeysWithValues: members.map { ($0, ($0 == taken ? second : first).parameter($0)) }))
        }
        #expect(throws: Never.self) { try pair(FV_PARAMETER_E) }
        for taken in members where taken != FV_PARAMETER_E {
            #expect(throws: Refused(FV_KEY_MALFORMED)) { try pair(taken) }
        }
    }

    @Test func secrets() throws {
        for (count, mask) in [(32, 1), (47, 1), (48, 3), (63, 3), (64, 7), (100, 7), (65536, 7)] {
            let secret = Bytes(repeating: 3, count: count)
            let key = try Key(secret: secret)
            #expect(key.algorithms == UInt32(mask) && key.bits == count * 8)
            #expect(key.parameter(FV_PARAMETER_K) == secret)
            #expect(key.parameter(FV_PARAMETER_X).isEmpty)
            let signing = try SigningKey(FV_KEY_SECRET, [FV_PARAMETER_K: secret])
            for algorithm in [FV_HS256, FV_HS384, FV_HS512] {
                let signature = signing.sign(algorithm, [1])
                #expect(signature.isEmpty == (mask >> algorithm.rawValue & 1 == 0))
                for kernel in algorithm.kernels where !signature.isEmpty {
                    #expect(try Prepared(kernel, key).verify([1], signature))
                }
            }
        }
        for count in [0, 1, 16, 31] {
            let secret = Bytes(repeating: 3, count: count)
            #expect(throws: Refused(FV_KEY_SECRET_SHORT)) { try Key(secret: secret) }
            #expect(throws: Refused(FV_KEY_SECRET_SHORT)) { try SigningKey(FV_KEY_SECRET, [FV_PARAMETER_K: secret]) }
        }
        #expect(throws: Refused(FV_KEY_SECRET_LONG)) { try Key(secret: Bytes(repeating: 3, count: 65537)) }
    }

    /// Row 25: truncated, extended, empty, and equal up to any place.
    @Test(arguments: [FV_HS256, FV_HS384, FV_HS512]) func tags(_ algorithm: fv_algorithm) throws {
        let signing = try SigningKey(algorithm)
        let key = try signing.publicKey()
        let tag = signing.sign(algorithm, [1, 2])
        var wrong = (0..<tag.count).map { Bytes(tag.prefix($0)) } + [tag + [0], [0] + tag, tag + tag]
        wrong += (0..<tag.count * 8).map { tag.flippingBit($0) }
        for kernel in algorithm.kernels {
            let prepared = try Prepared(kernel, key)
            #expect(verify(kernel, wrong.map { Job(prepared, [1, 2], $0) }).allSatisfy { !$0 })
            #expect(prepared.verify([1, 2], tag))
        }
    }

    @Test func refusedRequests() {
        for bits: UInt32 in [0, 1024, 2047, 2049, 8193, .max] {
            #expect(throws: Refused(FV_KEY_RSA_SIZE)) { try SigningKey(FV_PS256, bits: bits) }
        }
        #expect(throws: Refused(FV_KEY_UNSUPPORTED)) { try SigningKey(fv_algorithm(rawValue: 99)) }
        for type in [FV_KEY_P256, FV_KEY_P384, FV_KEY_P521, FV_KEY_SECP256K1] {
            let size = type == FV_KEY_P521 ? 66 : type == FV_KEY_P384 ? 48 : 32
            for d in [Bytes(repeating: 0, count: size), Bytes(repeating: 0xff, count: size)] {
                #expect(throws: Refused(FV_KEY_MALFORMED)) { try SigningKey(type, [FV_PARAMETER_D: d]) }
            }
            #expect(throws: Refused(FV_KEY_COORDINATE_LENGTH)) { try SigningKey(type, [FV_PARAMETER_D: [1]]) }
            #expect(throws: Refused(FV_KEY_MALFORMED)) { try SigningKey(type, [:]) }
        }
        for (type, size) in [(FV_KEY_ED25519, 32), (FV_KEY_ED448, 57)] {
            #expect(throws: Refused(FV_KEY_COORDINATE_LENGTH)) { try SigningKey(type, [FV_PARAMETER_D: [1]]) }
            #expect(throws: Refused(FV_KEY_MALFORMED)) {
                try SigningKey(
                    type,
                    [
                        FV_PARAMETER_D: Bytes(repeating: 1, count: size),
                        FV_PARAMETER_X: Bytes(repeating: 1, count: size),
                    ])
            }
        }
    }
}
