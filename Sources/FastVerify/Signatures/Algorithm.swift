package import CCrypto

/// A JWS `alg` name that this library verifies: RFC 7518 §3.1, RFC 8037 (`EdDSA`), RFC 8812 (`ES256K`) and RFC 9864
/// (`Ed25519`, `Ed448`). Names are compared exactly, case included.
public enum Algorithm: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case hs256, hs384, hs512
    case rs256, rs384, rs512
    case ps256, ps384, ps512
    case es256, es384, es512, es256k
    case ed25519, ed448
    /// Ed25519 or Ed448, whichever the key's curve says.
    case edDSA

    /// The spelling in the `alg` header parameter.
    public var name: String { String(describing: spelling) }

    /// The algorithm with exactly this name.
    public init?(name: String) {
        var name = name
        guard let match = name.withUTF8({ Algorithm(name: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = match
    }

    init?(name: UnsafeRawBufferPointer) {
        for candidate in Algorithm.allCases where candidate.spelling.matches(name) {
            self = candidate
            return
        }
        return nil
    }

    /// Whether the key is a shared secret.
    public var isSymmetric: Bool { self <= .hs512 }

    /// The schemes this name can stand for, bit `1 << fv_algorithm` each.
    package var schemes: UInt32 {
        switch self {
        case .edDSA: 1 << FV_ED25519.rawValue | 1 << FV_ED448.rawValue
        default: 1 << UInt32(rawValue)
        }
    }

    /// The registry's algorithm, for every name but `EdDSA`. The cases above stand in the order of algorithms.def, which
    /// a test checks.
    package var scheme: fv_algorithm? { self == .edDSA ? nil : fv_algorithm(UInt32(rawValue)) }

    private var spelling: StaticString {
        switch self {
        case .hs256: "HS256"
        case .hs384: "HS384"
        case .hs512: "HS512"
        case .rs256: "RS256"
        case .rs384: "RS384"
        case .rs512: "RS512"
        case .ps256: "PS256"
        case .ps384: "PS384"
        case .ps512: "PS512"
        case .es256: "ES256"
        case .es384: "ES384"
        case .es512: "ES512"
        case .es256k: "ES256K"
        case .ed25519: "Ed25519"
        case .ed448: "Ed448"
        case .edDSA: "EdDSA"
        }
    }
}

extension Algorithm: Comparable {
    public static func < (a: Algorithm, b: Algorithm) -> Bool { a.rawValue < b.rawValue }
}

extension Algorithm: CustomStringConvertible {
    public var description: String { name }
}

/// A set of algorithms, written as an array literal: `[.es256, .edDSA]`.
public struct AlgorithmSet: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ algorithm: Algorithm) { rawValue = 1 << UInt32(algorithm.rawValue) }
    public init(_ algorithms: some Sequence<Algorithm>) {
        rawValue = algorithms.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
    }

    public func contains(_ algorithm: Algorithm) -> Bool { rawValue >> UInt32(algorithm.rawValue) & 1 == 1 }

    public static let hs256 = AlgorithmSet(.hs256)
    public static let hs384 = AlgorithmSet(.hs384)
    public static let hs512 = AlgorithmSet(.hs512)
    public static let rs256 = AlgorithmSet(.rs256)
    public static let rs384 = AlgorithmSet(.rs384)
    public static let rs512 = AlgorithmSet(.rs512)
    public static let ps256 = AlgorithmSet(.ps256)
    public static let ps384 = AlgorithmSet(.ps384)
    public static let ps512 = AlgorithmSet(.ps512)
    public static let es256 = AlgorithmSet(.es256)
    public static let es384 = AlgorithmSet(.es384)
    public static let es512 = AlgorithmSet(.es512)
    public static let es256k = AlgorithmSet(.es256k)
    public static let ed25519 = AlgorithmSet(.ed25519)
    public static let ed448 = AlgorithmSet(.ed448)
    public static let edDSA = AlgorithmSet(.edDSA)
    /// Everything with a public key.
    public static let asymmetric = AlgorithmSet(Algorithm.allCases.filter { !$0.isSymmetric })
}

extension StaticString {
    /// Whether these are exactly the given bytes.
    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        utf8CodeUnitCount == bytes.count
            && withUTF8Buffer { UnsafeRawBufferPointer($0).elementsEqual(bytes) }
    }
}
