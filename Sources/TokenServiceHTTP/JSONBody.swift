internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Bodies that are one JSON object.
enum JSONBody {
    static let longest = 16 << 10

    static func read<T: Decodable>(
        _ type: T.Type, of request: inout Request, as types: Set<String> = ["application/json"]
    ) async throws -> T {
        guard let value = try await readIfAny(type, of: &request, as: types) else {
            throw AuthProblem.malformed("A body is needed, a JSON object.")
        }
        return value
    }

    /// `nil` for an empty body.
    static func readIfAny<T: Decodable>(
        _ type: T.Type, of request: inout Request, as types: Set<String> = ["application/json"]
    ) async throws -> T? {
        guard let bytes = await request.body(upTo: longest) else { throw AuthProblem.tooLarge }
        guard !bytes.isEmpty else { return nil }
        // A type that forms cannot have, so that no other site can send it without asking.
        let type = request.only(.contentType)?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard let type, types.contains(type) else { throw AuthProblem.unsupportedMediaType }
        do {
            return try JSONDecoder().decode(T.self, from: Data(bytes))
        } catch let problem as AuthProblem {
            throw problem
        } catch {
            throw AuthProblem.malformed(explanation(error))
        }
    }

    /// Names members of the API only; what else was sent is not repeated.
    private static func explanation(_ error: any Error) -> String {
        func name(_ path: [any CodingKey]) -> String { path.first.map { "\"\($0.stringValue)\"" } ?? "The body" }
        return switch error as? DecodingError {
        case .keyNotFound(let key, _)?: "\"\(key.stringValue)\" is missing."
        case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?:
            context.codingPath.isEmpty
                ? "The body is no JSON object." : "\(name(context.codingPath)) is of a wrong type."
        case .dataCorrupted(let context)? where !context.codingPath.isEmpty:
            "\(name(context.codingPath)) has a value that is not known."
        default: "The body is no JSON object in UTF-8."
        }
    }
}

/// The members of an object that knows all its members: any other is refused, for it is a mistake that would else go unnoticed.
struct ClosedObject<T: Decodable & Sendable, Names: CodingKey & CaseIterable>: Decodable {
    let value: T

    private struct AnyName: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let known = Names.allCases.map(\.stringValue)
        let names = try decoder.container(keyedBy: AnyName.self).allKeys.map(\.stringValue)
        guard Set(names).isSubset(of: known) else {
            throw AuthProblem.malformed(
                "There is a member that is not known; known are: \(known.joined(separator: ", ")).")
        }
        value = try T(from: decoder)
    }
}

/// A member that may be absent, and differs then from `null` (RFC 7396).
enum Member<Value: Decodable & Sendable>: Decodable, Sendable {
    case absent, null
    case value(Value)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = container.decodeNil() ? .null : .value(try container.decode(Value.self))
    }

    /// What an absent or empty member stands for.
    func or(_ fallback: Value) -> Value {
        if case .value(let value) = self { return value }
        return fallback
    }
}

extension Member {
    /// The value, where `null` is none.
    var optional: Value? {
        if case .value(let value) = self { return value }
        return nil
    }

    /// - Throws: `malformed` for `null`.
    func present(_ name: StaticString) throws(AuthProblem) -> Value? {
        if case .null = self { throw .malformed("\"\(name)\" is of a wrong type.") }
        return optional
    }
}

extension KeyedDecodingContainer {
    /// What synthesised initialisers call.
    func decode<Value>(_ type: Member<Value>.Type, forKey key: Key) throws -> Member<Value> {
        contains(key) ? try Member(from: superDecoder(forKey: key)) : .absent
    }
}
