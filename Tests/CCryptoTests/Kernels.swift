// The C interface in Swift clothes: owners that free, and byte arrays instead of pointers.
import CCrypto
import COpenSSL

typealias Bytes = [UInt8]
typealias Kernel = UnsafePointer<fv_kernel>

let algorithms: [fv_algorithm] = (0..<FV_ALGORITHM_COUNT.rawValue).map { fv_algorithm(rawValue: $0) }

extension fv_algorithm {
    var info: fv_algorithm_info { fv_algorithm_get(self)!.pointee }
    var name: String { String(cString: info.name) }

    /// All rows, whether or not this processor supports them.
    var rows: [Kernel] {
        var count = 0
        let first = fv_kernels(self, &count)
        return (0..<count).map { first![$0]! }
    }

    var kernels: [Kernel] { rows.filter { fv_kernel_supported($0) } }
}

struct Refused: Error, Equatable, CustomStringConvertible {
    let status: fv_key_status
    init(_ status: fv_key_status) { self.status = status }
    var description: String { String(cString: fv_key_status_text(status)) }
}

private func check(_ status: fv_key_status, _ object: OpaquePointer?) throws(Refused) -> OpaquePointer {
    guard status == FV_KEY_OK else {
        precondition(object == nil, "a refused key left an object behind")
        throw Refused(status)
    }
    return object!
}

// `pointer` is for this file: outside, the owner might be gone before the pointer is used.

/// Immutable after init, so any thread may use it.
final class Key: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer
    init(owning pointer: OpaquePointer) { self.pointer = pointer }
    deinit { fv_key_free(pointer) }

    convenience init(rsa n: Bytes, _ e: Bytes) throws {
        var key: OpaquePointer?
        let status = fv_key_import_rsa(n, n.count, e, e.count, &key)
        self.init(owning: try check(status, key))
    }
    convenience init(_ type: fv_key_type, x: Bytes, y: Bytes) throws {
        var key: OpaquePointer?
        let status = fv_key_import_ec(type, x, x.count, y, y.count, &key)
        self.init(owning: try check(status, key))
    }
    /// From 04 ‖ x ‖ y.
    convenience init(_ type: fv_key_type, point: Bytes) throws {
        let size = (point.count - 1) / 2
        try self.init(type, x: Bytes(point[1...size]), y: Bytes(point[(size + 1)...]))
    }
    convenience init(_ type: fv_key_type, edwards x: Bytes) throws {
        var key: OpaquePointer?
        let status = fv_key_import_okp(type, x, x.count, &key)
        self.init(owning: try check(status, key))
    }
    convenience init(secret: Bytes) throws {
        var key: OpaquePointer?
        let status = fv_key_import_secret(secret, secret.count, &key)
        self.init(owning: try check(status, key))
    }
    convenience init(pem: String) throws { try self.init(pem: Bytes(pem.utf8)) }
    convenience init(pem: Bytes) throws {
        var key: OpaquePointer?
        let status = fv_key_import_pem(pem, pem.count, &key)
        self.init(owning: try check(status, key))
    }

    func withPointer(_ body: (OpaquePointer) -> Void) { body(pointer) }

    var algorithms: UInt32 { fv_key_algorithms(pointer) }
    var type: fv_key_type { fv_key_get_type(pointer) }
    var bits: UInt32 { fv_key_bits(pointer) }

    func parameter(_ parameter: fv_parameter) -> Bytes {
        var out = Bytes(repeating: 0, count: Int(FV_SECRET_MAX))
        let count = fv_key_parameter(pointer, parameter, &out, out.count)
        return Bytes(out.prefix(count))
    }
}

final class Prepared: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer
    let kernel: Kernel

    init(_ kernel: Kernel, _ key: Key) throws {
        var prepared: OpaquePointer?
        let status = fv_prepare(kernel, key.pointer, &prepared)
        pointer = try check(status, prepared)
        self.kernel = kernel
    }
    deinit { fv_prepared_key_free(pointer) }

    /// The kernel as the prepared key knows it.
    var ownKernel: Kernel { fv_prepared_key_kernel(pointer) }

    /// A job over memory the caller keeps.
    func job(
        _ input: UnsafePointer<UInt8>, _ inputCount: Int, _ signature: UnsafePointer<UInt8>, _ signatureCount: Int
    ) -> fv_job {
        fv_job(
            key: pointer, input: input, input_count: inputCount, signature: signature, signature_count: signatureCount)
    }

    func verify(_ input: Bytes, _ signature: Bytes) -> Bool {
        CCryptoTests.verify(kernel, [Job(self, input, signature)])[0]
    }
}

final class SigningKey {
    fileprivate let pointer: OpaquePointer
    init(owning pointer: OpaquePointer) { self.pointer = pointer }
    deinit { fv_signing_key_free(pointer) }

    convenience init(_ algorithm: fv_algorithm, bits: UInt32 = 2048) throws {
        var key: OpaquePointer?
        let status = fv_signing_key_generate(algorithm, bits, &key)
        self.init(owning: try check(status, key))
    }
    convenience init(pem: Bytes) throws {
        var key: OpaquePointer?
        let status = fv_signing_key_import_pem(pem, pem.count, &key)
        self.init(owning: try check(status, key))
    }
    convenience init(_ type: fv_key_type, _ parameters: [fv_parameter: Bytes]) throws {
        let all = (0...FV_PARAMETER_QI.rawValue).map { parameters[fv_parameter(rawValue: $0)] ?? [] }
        let flat = all.flatMap { $0 }
        var key: OpaquePointer?
        let status = flat.withUnsafeBufferPointer { bytes in
            var offset = 0
            var pointers: [UnsafePointer<UInt8>?] = []
            for item in all {
                pointers.append(item.isEmpty ? nil : bytes.baseAddress! + offset)
                offset += item.count
            }
            return fv_signing_key_import(type, pointers, all.map(\.count), &key)
        }
        self.init(owning: try check(status, key))
    }

    func publicKey() throws -> Key {
        var key: OpaquePointer?
        let status = fv_signing_key_public(pointer, &key)
        return Key(owning: try check(status, key))
    }
    func sign(_ algorithm: fv_algorithm, _ input: Bytes) -> Bytes {
        var out = Bytes(repeating: 0, count: Int(FV_SIGNATURE_MAX))
        let count = fv_sign(pointer, algorithm, input, input.count, &out)
        return Bytes(out.prefix(count))
    }
    func parameter(_ parameter: fv_parameter) -> Bytes {
        var out = Bytes(repeating: 0, count: Int(FV_SECRET_MAX))
        let count = fv_signing_key_parameter(pointer, parameter, &out, out.count)
        return Bytes(out.prefix(count))
    }
    func pem() -> Bytes {
        var out = Bytes(repeating: 0, count: 16384)
        let count = fv_signing_key_pem(pointer, &out, out.count)
        return Bytes(out.prefix(count))
    }
}

struct Job {
    let key: Prepared?
    let input, signature: Bytes
    init(_ key: Prepared?, _ input: Bytes, _ signature: Bytes) {
        self.key = key
        self.input = input
        self.signature = signature
    }
}

/// One batch. Verdicts other than 0 and 1 and errors left in OpenSSL's queue (row 53) are a fault of the kernel.
func verify(_ kernel: Kernel, _ jobs: [Job]) -> [Bool] {
    let flat = jobs.flatMap { $0.input + $0.signature }
    // 0xaa: a verdict that was never written is noticed.
    var verdicts = Bytes(repeating: 0xaa, count: jobs.count)
    flat.withUnsafeBufferPointer { bytes in
        var offset = 0
        var raw: [fv_job] = []
        for job in jobs {
            let input = bytes.baseAddress.map { $0 + offset }
            offset += job.input.count
            let signature = bytes.baseAddress.map { $0 + offset }
            offset += job.signature.count
            raw.append(
                fv_job(
                    key: job.key?.pointer, input: job.input.isEmpty ? nil : input, input_count: job.input.count,
                    signature: job.signature.isEmpty ? nil : signature, signature_count: job.signature.count))
        }
        ERR_clear_error()
        fv_verify(kernel, raw, raw.count, &verdicts)
        precondition(ERR_peek_error() == 0, "a verification left an error behind")
    }
    precondition(verdicts.allSatisfy { $0 <= 1 }, "a verdict is neither 0 nor 1")
    return verdicts.map { $0 == 1 }
}
